import { carries, networkSlices, type Traces } from '../topology/timeline.ts'
import { clientsOf, PAYLOAD_SHARE, type Topology, type Traffic } from '../topology/topology.ts'
import { wayOfTraffic } from '../topology/traffic.ts'

/** How many payload bytes of a traffic had come by which time since the first client's start. */
export interface TrafficCourse {
  traffic: Traffic
  progress: { atMs: number; bytes: number }[]
}

/** What became of a traffic while the content was carried. */
export interface TrafficFigures extends Traffic {
  /** How long it ran, until the clients were done. */
  seconds: number
  /** Payload bytes that came. */
  bytes: number
  goodputBytesPerSecond: number
  /** Of tcp: goodput / the payload that its way carries beside all udp-cbr. */
  share?: number
}

/** The figures of each traffic, from its start to its end or that of the transfer. */
export function trafficFigures(
  topology: Topology,
  traces: Traces,
  courses: readonly TrafficCourse[],
  transferEndMs: number
): TrafficFigures[] {
  return courses.map(({ traffic, progress }) => {
    const endMs = Math.min(traffic.untilMs ?? transferEndMs, transferEndMs)
    const lengthMs = Math.max(0, endMs - traffic.atMs)
    const bytes = bytesBy(progress, endMs) - bytesBy(progress, traffic.atMs)
    const carried = traffic.kind === 'tcp' ? payloadOfWay(topology, traces, traffic, endMs) : undefined
    return {
      ...traffic,
      seconds: lengthMs / 1000,
      bytes,
      goodputBytesPerSecond: lengthMs > 0 ? (bytes / lengthMs) * 1000 : 0,
      ...(carried === undefined ? {} : { share: carried > 0 ? bytes / carried : 0 })
    }
  })
}

/** The least share that a tcp traffic had; undefined where there is none that ran. */
export function leastShare(figures: readonly TrafficFigures[]): number | undefined {
  const shares = figures.flatMap(({ share, seconds }) =>
    share === undefined || seconds === 0 ? [] : [share]
  )
  return shares.length > 0 ? Math.min(...shares) : undefined
}

/** Payload bytes of traffic that came to clients, which is not theirs. */
export function bytesToClients(topology: Topology, courses: readonly TrafficCourse[]): number {
  const clients = new Set(clientsOf(topology).map(({ name }) => name))
  return courses
    .filter(({ traffic }) => clients.has(traffic.to))
    .reduce((sum, { progress }) => sum + (progress.at(-1)?.bytes ?? 0), 0)
}

/** One sentence on each traffic, for a reader of the report. */
export function trafficNotes(figures: readonly TrafficFigures[]): string[] {
  return figures.map(({ kind, from, to, goodputBytesPerSecond, seconds, share }) => {
    const rate = `${((goodputBytesPerSecond * 8) / 1e6).toFixed(2)} Mbit/s over ${seconds.toFixed(1)} s`
    const part = share === undefined ? '' : `, ${share.toFixed(3)} of what its way carries`
    return `${kind} traffic from ${from} to ${to}: ${rate}${part}`
  })
}

/** Payload that the narrowest link of a traffic's way carries while it runs, beside traffic at a constant rate. */
function payloadOfWay(topology: Topology, traces: Traces, traffic: Traffic, endMs: number): number {
  const way = wayOfTraffic(topology, traffic)
  let bytes = 0
  for (const { fromMs, toMs, links, constant } of networkSlices(topology, traces, endMs)) {
    const ms = toMs - Math.max(fromMs, traffic.atMs)
    if (ms <= 0) continue
    const rates = way.map(({ link, direction }) => {
      if (!carries(links[link]!)) return 0
      return (
        (links[link]![direction].rateBytesPerSecond ?? Number.POSITIVE_INFINITY) -
        constant.taken[link]![direction]
      )
    })
    bytes += (Math.min(...rates) * PAYLOAD_SHARE * ms) / 1000
  }
  return bytes
}

/** Bytes that had come by a time, between two samples in a straight line. */
function bytesBy(progress: TrafficCourse['progress'], atMs: number): number {
  const after = progress.findIndex(point => point.atMs >= atMs)
  if (after < 0) return progress.at(-1)?.bytes ?? 0
  const [a, b] = [progress[after - 1], progress[after]!]
  if (a === undefined) return b.atMs === atMs ? b.bytes : 0
  return a.bytes + ((b.bytes - a.bytes) * (atMs - a.atMs)) / (b.atMs - a.atMs)
}
