import { clientsOf, type LinkState, type Topology, type TopologyNode } from '../../topology/topology.ts'
import { formatMs, formatShare } from '../format.ts'
import { rateWords } from './event-words.ts'
import { escapeXml, SVG_STYLE, seriesColor } from './svg.ts'

const BOX_WIDTH = 96
const BOX_HEIGHT = 38
const COLUMN = 250
const ROW = 74
const MARGIN = 16
/** How far apart the places along a link are at which labels can stand, so that crossing links' labels do not meet. */
const LABEL_PLACES = [0.5, 0.44, 0.56]

const ROLE_COLORS: Record<TopologyNode['role'], number> = {
  source: 2,
  relay: 0,
  router: 4,
  director: 5,
  client: 1
}

interface Place {
  x: number
  y: number
}

/** Draws the network in layers: sources left, clients right, each other node by its distance from a source. */
export function drawTopology(topology: Topology): string {
  const layers = layersOf(topology)
  const rows = Math.max(...layers.map(layer => layer.length))
  const width = MARGIN * 2 + (layers.length - 1) * COLUMN + BOX_WIDTH
  const height = MARGIN * 2 + (rows - 1) * ROW + BOX_HEIGHT
  const places = new Map<string, Place>()
  layers.forEach((layer, column) => {
    const free = ((rows - layer.length) * ROW) / 2
    layer.forEach((name, row) => {
      places.set(name, {
        x: MARGIN + column * COLUMN + BOX_WIDTH / 2,
        y: MARGIN + free + row * ROW + BOX_HEIGHT / 2
      })
    })
  })
  const links = topology.links.map((link, index) => {
    const [a, b] = link.endpoints.map(name => places.get(name)!) as [Place, Place]
    return { a, b, words: linkWords(link), along: LABEL_PLACES[index % LABEL_PLACES.length]! }
  })
  return `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" role="img" aria-label="${escapeXml(`The network ${topology.name}`)}">
${SVG_STYLE}
${links.map(drawLink).join('\n')}
${links.map(drawWords).join('\n')}
${topology.nodes.map(node => drawNode(node, places.get(node.name)!)).join('\n')}
</svg>
`
}

/** Names of the nodes by column; within a column in the order that crosses few links. */
export function layersOf({ nodes, links }: Pick<Topology, 'nodes' | 'links'>): string[][] {
  const neighbors = (name: string) =>
    links.flatMap(({ endpoints: [a, b] }) => (a === name ? [b] : b === name ? [a] : []))
  // The director is no part of any route: it hangs beside what it is linked to.
  const aside = new Set(nodes.filter(({ role }) => role === 'director').map(({ name }) => name))
  const depths = new Map(nodes.filter(({ role }) => role === 'source').map(({ name }) => [name, 0]))
  const waiting = [...depths.keys()]
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    for (const next of neighbors(name)) {
      if (depths.has(next) || aside.has(next)) continue
      depths.set(next, depths.get(name)! + 1)
      waiting.push(next)
    }
  }
  const clients = new Set(clientsOf({ nodes }).map(({ name }) => name))
  const others = [...depths].filter(([name]) => !clients.has(name)).map(([, depth]) => depth)
  const last = Math.max(1, ...others.map(depth => depth + 1))
  for (const client of clients) depths.set(client, last)
  for (const name of nodes.map(node => node.name).filter(name => !depths.has(name)))
    depths.set(name, Math.max(0, last - 1))
  const layers = Array.from({ length: last + 1 }, (_, depth) =>
    nodes.filter(({ name }) => depths.get(name) === depth).map(({ name }) => name)
  ).filter(layer => layer.length > 0)
  for (const index of layers.keys()) {
    if (index === 0) continue
    const before = layers[index - 1]!
    const height = (name: string) => {
      const rows = neighbors(name)
        .map(other => before.indexOf(other))
        .filter(row => row >= 0)
      // What hangs on none of them stands below.
      return rows.length === 0 ? before.length : rows.reduce((sum, row) => sum + row, 0) / rows.length
    }
    layers[index] = layers[index]!.toSorted((a, b) => height(a) - height(b))
  }
  return layers
}

function drawLink({ a, b }: { a: Place; b: Place }): string {
  // Two nodes of one column are joined by a bow, so that the link passes beside what stands between.
  const bow = a.x === b.x ? BOX_WIDTH : 0
  const middle = (a.y + b.y) / 2
  return `<path d="M${a.x} ${a.y}Q${(a.x + b.x) / 2 + bow} ${middle} ${b.x} ${b.y}" fill="none" class="axis" stroke-width="1.5"/>`
}

function drawWords({ a, b, words, along }: { a: Place; b: Place; words: string[]; along: number }): string {
  const bow = a.x === b.x ? BOX_WIDTH / 2 + 8 : 0
  const [left, right] = a.x <= b.x ? [a, b] : [b, a]
  const x = left.x + (right.x - left.x) * along + bow
  const y = left.y + (right.y - left.y) * along - ((words.length - 1) * 14) / 2
  return words
    .map(
      (line, index) =>
        `<text class="${bow ? '' : 'middle'}" x="${x}" y="${y + index * 14 + 4}" style="stroke: var(--chart-ground); stroke-width: 4px; paint-order: stroke">${escapeXml(line)}</text>`
    )
    .join('')
}

function drawNode({ name, role }: TopologyNode, { x, y }: Place): string {
  const color = seriesColor(ROLE_COLORS[role])
  return `<rect x="${x - BOX_WIDTH / 2}" y="${y - BOX_HEIGHT / 2}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="6" style="fill: var(--chart-ground); stroke: ${color}" stroke-width="2.5"/>
<text class="middle panel" x="${x}" y="${y - 1}">${escapeXml(name)}</text><text class="middle tick" x="${x}" y="${y + 13}">${role}</text>`
}

/** What a link does to packets, in a line, or in one for each direction where they differ. */
function linkWords({ down, up }: { down: LinkState; up: LinkState }): string[] {
  const [one, other] = [stateWords(down), stateWords(up)]
  return one === other ? [one].filter(Boolean) : [`down ${one}`, `up ${other}`]
}

function stateWords({ rateBytesPerSecond, delayMs, jitterMs, loss, trace }: LinkState): string {
  return [
    ...(trace === undefined ? [] : [trace.file.split('/').at(-1)!]),
    ...(rateBytesPerSecond === undefined || trace !== undefined ? [] : [rateWords(rateBytesPerSecond)]),
    ...(delayMs > 0 ? [formatDelay(delayMs, jitterMs)] : []),
    ...(loss > 0 ? [`loss ${formatShare(loss)}`] : [])
  ].join(', ')
}

function formatDelay(delayMs: number, jitterMs: number): string {
  return jitterMs > 0 ? `${formatMs(delayMs)} ±${formatMs(jitterMs)}` : formatMs(delayMs)
}
