import type { formatBytes, formatRate } from '../units/units.ts'
import type { ActivitySnapshot } from './activity.ts'
import type { ContentSnapshot, RouteSnapshot } from './content-activity.ts'

// The functions here run in browsers: a page has their texts, so that they use nothing but what they
// are given. All names are put in as text.

/** Functions of the house that the script in the page uses as well. */
export interface PanelTools {
  formatBytes: typeof formatBytes
  formatRate: typeof formatRate
  /** How many seconds a drawing shows. */
  seconds: number
}

/** What makes the nodes of the page. */
type Makers = ReturnType<typeof nodeMakers>

export function nodeMakers() {
  function element(tag: string, className: string, ...children: (Node | string)[]): HTMLElement {
    const made = document.createElement(tag)
    made.className = className
    made.append(...children)
    return made
  }

  function drawn(tag: string, attributes: Record<string, string>, ...children: Node[]): SVGElement {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
    made.append(...children)
    return made
  }

  return { element, drawn }
}

/** Returns what shows one content with its routes. */
export function contentView({ element, drawn }: Makers, { formatBytes, formatRate, seconds }: PanelTools) {
  const HEIGHT = 28

  /** The rates as a line over the time, the last one rightmost; the full height stands for `most`. */
  function sparkline(rates: number[], most: number): SVGElement {
    const left = seconds - rates.length
    const points = rates.map(
      (rate, at) => `${left + at},${(HEIGHT - 1 - (rate / most) * (HEIGHT - 2)).toFixed(1)}`
    )
    const area = [`${left},${HEIGHT}`, ...points, `${seconds - 1},${HEIGHT}`]
    return drawn(
      'svg',
      {
        class: 'rates',
        viewBox: `0 0 ${seconds - 1} ${HEIGHT}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `Rate over the last ${seconds} seconds, at most ${formatRate(Math.max(0, ...rates))}`
      },
      drawn('polygon', { points: area.join(' ') }),
      drawn('polyline', { points: points.join(' ') })
    )
  }

  function routeRow(route: RouteSnapshot, most: number): HTMLElement {
    const via = route.relays.length === 0 ? 'direct' : `via ${route.relays.join(', ')}`
    const by = route.uplink === undefined ? '' : ` by ${route.uplink}`
    return element(
      'li',
      `route ${route.state}`,
      element('span', 'way', element('span', 'via', via + by), ` from ${route.source}`),
      element('span', 'state', route.state),
      element('span', 'rtt', route.rttMs === undefined ? '' : `round trip ${route.rttMs} ms`),
      element('span', 'weight', `weight ${Math.round(route.weight * 100)} %`),
      element('span', 'rate', formatRate(route.rates.at(-1) ?? 0)),
      sparkline(route.rates, most)
    )
  }

  function contentCard(content: ContentSnapshot): HTMLElement {
    const { name, sizeBytes, reads, rateBytesPerSecond, routes } = content
    const most = Math.max(1, ...routes.flatMap(({ rates }) => rates))
    const facts = [
      sizeBytes === undefined ? 'live' : formatBytes(sizeBytes),
      reads === 0 ? 'done' : reads === 1 ? 'one fetch' : `${reads} fetches`,
      routes.length === 0 ? 'no routes yet' : `scale ${formatRate(most)}, ${seconds} s`
    ]
    return element(
      'article',
      'playing',
      element('h3', '', element('bdi', '', name)),
      element('span', 'sum', formatRate(rateBytesPerSecond)),
      element('p', 'faint', facts.join(' · ')),
      element('ul', 'routes', ...routes.map(route => routeRow(route, most)))
    )
  }

  return contentCard
}

/** Shows what the gateway is fetching for as long as the page is looked at. */
export function runPanel(
  panel: HTMLElement,
  { element }: Makers,
  contentCard: (content: ContentSnapshot) => HTMLElement
): void {
  let events: EventSource | undefined

  function show({ contents, leftOut }: ActivitySnapshot): void {
    panel.hidden = contents.length === 0
    panel.replaceChildren(
      element('h2', '', 'Being fetched'),
      ...contents.map(contentCard),
      ...(leftOut > 0 ? [element('p', 'faint', `${leftOut} more are not shown.`)] : [])
    )
  }

  /** A page that nobody looks at holds no connection: browsers have few for each host. */
  function listen(): void {
    events?.close()
    events = undefined
    if (document.hidden) return
    events = new EventSource('/.anabranch/events')
    events.onmessage = ({ data }) => show(JSON.parse(data))
    events.onerror = () => {
      panel.hidden = true
    }
  }

  document.addEventListener('visibilitychange', listen)
  listen()
}
