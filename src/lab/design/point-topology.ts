import { FRAME_BYTES, PAYLOAD_SHARE } from '../../topology/model.ts'
import type { Design, PathSettings } from './design.ts'
import type { Treatment } from './treatment.ts'

export interface PointTopologyInit extends Treatment {
  name: string
  /** The paths, that which goes first before the others. */
  paths: readonly PathSettings[]
  congestion?: Design['congestion']
}

/** Most of the one-way delay of a path, in ms, that stands before its relay where another path goes first. */
const NEAR_SOURCE_MS = 1
/** The most packets that a topology file lets a link queue. */
const MOST_QUEUE_PACKETS = 1_000_000

/**
 * The topology file of a transfer. Each path is a relay: its link to the client has the path's rate, delay, loss and
 * queue, its link to the source has nothing of them, but of the paths behind the first one up to 1 ms of their delay.
 * A director measures the links between source and relays alone, and so ranks the first path before the others. The
 * director has a link of its own to the client.
 */
export function topologyText(init: PointTopologyInit): string {
  const { name, paths, sizeBytes, segmentBytes, memoryBytes, liveBytesPerSecond, offsetMs } = init
  const { policy, congestion } = init
  const relays = paths.map((_, index) => `r${index + 1}: {role: relay}`)
  const links = paths.flatMap((path, index) => linksOf(path, index))
  const client = [
    `routes: ${paths.length}`,
    ...(liveBytesPerSecond === undefined ? [] : ['start: begin']),
    ...(policy === undefined ? [] : [`policy: ${policy}`]),
    ...(memoryBytes === undefined ? [] : [`args: [--memory, ${memoryBytes}B]`])
  ]
  const source =
    liveBytesPerSecond === undefined
      ? 'role: source'
      : `role: publish, rate: ${Math.round(liveBytesPerSecond * 8)}bit`
  const segments = segmentBytes === undefined ? '' : `, segmentSize: ${segmentBytes}B`
  return [
    `name: ${name}`,
    ...(congestion === undefined ? [] : [`congestion: ${congestion}`]),
    'topology:',
    `  nodes: {src: {${source}}, ${relays.join(', ')}, dir: {role: director}, cli: {role: client}}`,
    '  links:',
    ...links.map(link => `    - {${link}}`),
    '    - {endpoints: [dir, cli]}',
    `content: {size: ${sizeBytes}B${segments}}`,
    `client: {${client.join(', ')}}`,
    ...(offsetMs === undefined ? [] : [`traces: {clock: common, offset: ${Math.round(offsetMs)}ms}`]),
    ''
  ].join('\n')
}

/** Bytes of the content that a path alone carries in a time, at most as many as there are. */
export function bytesWithin({ capacityBytesPerSecond }: PathSettings, ms: number, sizeBytes: number): number {
  return Math.min(sizeBytes, Math.ceil((capacityBytesPerSecond * PAYLOAD_SHARE * ms) / 1000))
}

/** Packets of a path's queue: its bandwidth-delay product plus its rate x its queueing delay, in whole packets. */
export function queuePackets({ capacityBytesPerSecond, roundTripMs, queueingMs }: PathSettings): number {
  const bytes = (capacityBytesPerSecond * (roundTripMs + queueingMs)) / 1000
  return Math.min(MOST_QUEUE_PACKETS, Math.max(1, Math.ceil(bytes / FRAME_BYTES)))
}

function linksOf(path: PathSettings, index: number): string[] {
  const oneWayMs = path.roundTripMs / 2
  const beforeMs = index === 0 ? 0 : Math.min(NEAR_SOURCE_MS, oneWayMs)
  const relay = `r${index + 1}`
  const settings = [
    `rate: ${Math.round(path.capacityBytesPerSecond * 8)}bit`,
    `delay: ${microseconds(oneWayMs - beforeMs)}`,
    ...(path.jitterMs > 0 ? [`jitter: ${microseconds(path.jitterMs)}`] : []),
    ...(path.loss > 0 ? [`loss: ${(path.loss * 100).toFixed(6)}%`] : []),
    `queue: ${queuePackets(path)}`,
    ...(path.trace === undefined ? [] : [`down: {trace: ${JSON.stringify(path.trace)}}`])
  ]
  return [
    `endpoints: [src, ${relay}]${beforeMs > 0 ? `, delay: ${microseconds(beforeMs)}` : ''}`,
    `endpoints: [${relay}, cli], ${settings.join(', ')}`
  ]
}

function microseconds(ms: number): string {
  return `${Math.round(ms * 1000)}us`
}
