import type { Makers } from '../pages/page-makers.ts'
import type { MapItem, MapLine, MapPicture } from './map-items.ts'
import type { MapBlock, mapLayout } from './map-layout.ts'

interface Placed {
  x: number
  y: number
  radius: number
}

/** Returns what makes the shape of an item: sources are squares, relays circles, clients diamonds. Its text is in the page. */
export function itemDrawing({ drawn }: Makers) {
  function shapeOf(kind: string, x: number, y: number, r: number, className: string): SVGElement {
    if (kind === 'relay') return drawn('circle', { class: className, cx: x, cy: y, r })
    const size = r * (kind === 'source' ? 0.9 : 1.15)
    const square = [
      `${x - size},${y - size}`,
      `${x + size},${y - size}`,
      `${x + size},${y + size}`,
      `${x - size},${y + size}`
    ]
    const diamond = [`${x},${y - size}`, `${x + size},${y}`, `${x},${y + size}`, `${x - size},${y}`]
    return drawn('polygon', { class: className, points: (kind === 'source' ? square : diamond).join(' ') })
  }

  /** The load fills a node from below, like a vessel. */
  function levelOf(kind: string, x: number, y: number, r: number, load: number): SVGElement[] {
    if (load <= 0 || kind === 'client') return []
    const inner = r - 2
    const top = y + inner - 2 * inner * Math.min(1, load)
    const half = (at: number) =>
      kind === 'source' ? inner * 0.9 : Math.sqrt(Math.max(0, inner ** 2 - (at - y) ** 2))
    const heights = Array.from({ length: 9 }, (_, at) => top + ((y + inner - top) * at) / 8)
    const right = heights.map(at => `${(x + half(at)).toFixed(1)},${at.toFixed(1)}`)
    const left = heights.map(at => `${(x - half(at)).toFixed(1)},${at.toFixed(1)}`).reverse()
    return [drawn('polygon', { class: 'level', points: [...right, ...left].join(' ') })]
  }

  function itemOf(
    kind: string,
    item: MapItem,
    { x, y, radius }: Placed,
    labels: { own: boolean; shared: boolean; chosen: boolean }
  ): SVGElement {
    const { label, title, load, isBad, isAway, many } = item
    const parts = [
      drawn('title', {}, title),
      shapeOf(kind, x, y, radius, 'body'),
      ...levelOf(kind, x, y, radius, load)
    ]
    if (isBad) parts.push(drawn('circle', { class: 'ring', cx: x, cy: y, r: radius + 4 }))
    if (labels.chosen) parts.push(shapeOf(kind, x, y, radius + 7, 'chosen'))
    if (isBad && radius >= 8) parts.push(drawn('text', { class: 'mark', x, y: y + 5 }, '!'))
    if (many !== undefined) parts.push(drawn('text', { x, y: y + 4 }, String(many)))
    const shown = labels.shared ? `shared: ${label}` : label
    if (labels.own || labels.shared || labels.chosen)
      parts.push(
        drawn(
          'text',
          { x, y: y + radius + (isBad ? 18 : 15), ...(labels.shared ? { class: 'shared' } : {}) },
          shown
        )
      )
    return drawn('g', { class: `node ${kind}${isAway ? ' away' : ''}`, 'data-id': item.id }, ...parts)
  }

  return itemOf
}

/** Returns what makes the lines of a map. Its text is in the page. */
export function lineDrawing({ drawn }: Makers) {
  /** More links than these are not drawn all at once: nobody could tell them apart. */
  const MOST_LINKS = 150
  const MOST_LABELS = 24

  /** A line through all points; between nodes of one column it bends, to pass those in between. */
  function pathOf(points: Placed[], aside: number): string {
    return points
      .map(({ x, y }, at) => {
        const before = points[at - 1]
        if (!before) return `M${x} ${y}`
        const bend = Math.abs(before.x - x) < 30 ? Math.min(60, Math.abs(before.y - y) / 2) : aside
        return `Q${(before.x + x) / 2 + bend} ${(before.y + y) / 2 + aside} ${x} ${y}`
      })
      .join(' ')
  }

  function linesOf(
    lines: MapLine[],
    places: Map<string, Placed>,
    chosen: string | undefined,
    isCalm: boolean
  ): SVGElement[] {
    const links = lines.filter(({ kind }) => kind === 'link').length
    const made: SVGElement[] = []
    let routes = 0
    for (const { ids, rttMs, kind } of lines) {
      const points = ids.flatMap(id => places.get(id) ?? [])
      if (points.length < ids.length) continue
      const isChosen = chosen !== undefined && ids.includes(chosen)
      if (kind === 'link' && links > MOST_LINKS && !isChosen) continue
      const isRoute = kind === 'route'
      if (isRoute) routes++
      const look = isRoute
        ? `route r${routes % 4}`
        : kind === 'told'
          ? isCalm
            ? 'told faded'
            : 'told'
          : isChosen
            ? 'strong'
            : isCalm
              ? 'faded'
              : ''
      made.push(
        drawn('path', { class: `edge ${look}`, d: pathOf(points, isRoute || kind === 'link' ? 0 : 6) })
      )
      const [from, to] = points as [Placed, Placed]
      const at = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 3 }
      if (rttMs !== undefined && (isChosen || (links <= MOST_LABELS && !isCalm)))
        made.push(drawn('text', { class: 'rtt', ...at }, `${rttMs} ms`))
      if (isRoute) made.push(drawn('text', { ...at, class: 'head' }, String(routes)))
    }
    return made
  }

  return linesOf
}

/** Returns what draws the whole map into a place of the page. Its text is in the page. */
export function mapDrawing(
  { drawn }: Makers,
  layout: typeof mapLayout,
  itemOf: ReturnType<typeof itemDrawing>,
  linesOf: ReturnType<typeof lineDrawing>
) {
  const KINDS = ['source', 'relay', 'client']
  const HEADS = ['Sources', 'Relays', 'Clients']

  return (host: HTMLElement, picture: MapPicture, chosen: string | undefined): void => {
    const width = Math.max(300, host.clientWidth)
    const columns = [picture.sources, picture.relays, picture.clients]
    const { height, blocks } = layout([columns[0]!.length, columns[1]!.length, columns[2]!.length], width)
    const places = new Map<string, Placed>()
    const each = (take: (item: MapItem, block: MapBlock, at: number, column: number) => void) =>
      columns.forEach((items, column) => {
        items.forEach((item, at) => {
          take(item, blocks[column]!, at, column)
        })
      })
    each(({ id, many }, block, at) => {
      const radius =
        many !== undefined && block.isLabelled
          ? Math.min(20, block.radius + Math.log10(many) * 3)
          : block.radius
      places.set(id, { ...block.places[at]!, radius })
    })
    const isCalm = picture.lines.some(({ kind }) => kind === 'route')
    const onRoute = new Set(picture.lines.filter(({ kind }) => kind === 'route').flatMap(({ ids }) => ids))
    const shapes: SVGElement[] = []
    each((item, block, _, column) => {
      const labels = {
        own: block.isLabelled || onRoute.has(item.id),
        shared: picture.shared.includes(item.id),
        chosen: item.id === chosen
      }
      shapes.push(itemOf(KINDS[column]!, item, places.get(item.id)!, labels))
    })
    const heads = blocks.map(({ x }, at) => drawn('text', { class: 'head', x, y: 20 }, HEADS[at]!))
    const label = `Map of ${columns.map((items, at) => `${items.length} ${HEADS[at]!.toLowerCase()}`).join(', ')}; the tables below have the same in words`
    const lines = linesOf(picture.lines, places, chosen, isCalm)
    host.replaceChildren(
      drawn(
        'svg',
        { class: 'map', viewBox: `0 0 ${width} ${height}`, height, role: 'img', 'aria-label': label },
        ...lines,
        ...heads,
        ...shapes
      )
    )
  }
}

/** Returns what the shapes on the map mean. Its text is in the page. */
export function legendOf({ element, drawn }: Makers, itemOf: ReturnType<typeof itemDrawing>): HTMLElement[] {
  const item = { id: '', label: '', title: '', load: 0, isBad: false, isAway: false }
  const signs: [string, string, Partial<MapItem>][] = [
    ['source', 'source', {}],
    ['relay', 'relay, filled by its load', { load: 0.5 }],
    ['client', 'clients that want a content', {}],
    ['relay', 'with a problem', { isBad: true }],
    ['relay', 'draining or connection lost', { isAway: true }]
  ]
  return signs.map(([kind, meaning, more]) => {
    const plain = { own: false, shared: false, chosen: false }
    const sign = itemOf(kind, { ...item, ...more }, { x: 16, y: 16, radius: 9 }, plain)
    const picture = drawn('svg', { viewBox: '0 0 32 32', 'aria-hidden': 'true', class: 'map' }, sign)
    return element('span', '', picture, meaning)
  })
}
