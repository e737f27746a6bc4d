import type { LinkChange, LinkState, NodeAction, Topology, TopologyEvent } from './model.ts'
import { TRACE_STEP_MS, type Trace, traceAt, traceKey } from './trace.ts'
import { type ConstantTraffic, constantTraffic } from './traffic.ts'

/** Traces by the keys of their uses. */
export type Traces = ReadonlyMap<string, Trace>

/** One event at one time; a repeated event becomes several of these. */
export interface TimedEvent {
  atMs: number
  event: TopologyEvent
}

/** What a node has at its end of a link at one time. */
export interface EndNow {
  /** Whether the node has its interface to the link. */
  isPresent: boolean
  /** Which of its two addresses the interface has. */
  address: 'first' | 'other' | 'none'
}

/** One link's state at one time: what each direction does, and whether the link is a black hole. */
export interface LinkNow {
  down: LinkState
  up: LinkState
  blackHole: boolean
  /** The ends in the order of the link's endpoints. */
  ends: readonly [EndNow, EndNow]
}

/** An end of a link of which nothing was taken. */
const WHOLE_END: EndNow = { isPresent: true, address: 'first' }

/** The state of a link when nothing has happened yet. */
export function linkAtStart({ down, up }: Pick<LinkNow, 'down' | 'up'>): LinkNow {
  return { down, up, blackHole: false, ends: [WHOLE_END, WHOLE_END] }
}

/** Whether anything gets over a link. */
export function carries({ blackHole, ends }: Pick<LinkNow, 'blackHole' | 'ends'>): boolean {
  return !blackHole && ends.every(({ isPresent, address }) => isPresent && address !== 'none')
}

/** The state of the whole network at one time. */
export interface NetworkNow {
  /** The links in the topology's order; `rateBytesPerSecond` holds a trace's rate at that time. */
  links: LinkNow[]
  /** Names of the nodes that do not run. */
  stopped: ReadonlySet<string>
  /** What traffic at a constant rate does meanwhile. */
  constant: ConstantTraffic
}

/** The network's state from `fromMs` until `toMs`. */
export interface Slice extends NetworkNow {
  fromMs: number
  toMs: number
}

/** All events until a time, in order, with each repetition as an event of its own. */
export function unrollEvents(topology: Pick<Topology, 'events'>, untilMs: number): TimedEvent[] {
  const timed: TimedEvent[] = []
  for (const event of topology.events) {
    const everyMs = event.everyMs ?? Number.POSITIVE_INFINITY
    for (let atMs = event.atMs; atMs <= untilMs; atMs += everyMs) timed.push({ atMs, event })
  }
  return timed.sort((a, b) => a.atMs - b.atMs)
}

/** The network from 0 to `untilMs`, in slices in which nothing changes. Time 0 is the client's start. */
export function* networkSlices(topology: Topology, traces: Traces, untilMs: number): Generator<Slice> {
  const events = unrollEvents(topology, untilMs)
  const links = topology.links.map(linkAtStart)
  const stopped = new Set(topology.nodes.filter(node => (node.startAtMs ?? 0) > 0).map(node => node.name))
  const late = topology.nodes
    .filter(node => stopped.has(node.name))
    .map(
      (node): TimedEvent => ({
        atMs: node.startAtMs!,
        event: { atMs: node.startAtMs!, node: node.name, action: 'start' }
      })
    )
  const pending = [...events, ...late].sort((a, b) => a.atMs - b.atMs)
  const trafficTimes = topology.traffic.flatMap(({ atMs, untilMs }) => [atMs, untilMs ?? 0])
  let nowMs = 0
  while (nowMs < untilMs) {
    while (pending.length > 0 && pending[0]!.atMs <= nowMs)
      apply(pending.shift()!.event, topology, links, stopped)
    const traced = links.some(link => link.down.trace !== undefined || link.up.trace !== undefined)
    const nextStepMs = traced
      ? (Math.floor(nowMs / TRACE_STEP_MS + 1e-9) + 1) * TRACE_STEP_MS
      : Number.POSITIVE_INFINITY
    const nextTrafficMs = Math.min(...trafficTimes.filter(atMs => atMs > nowMs))
    const nextEventMs = pending[0]?.atMs ?? Number.POSITIVE_INFINITY
    const toMs = Math.min(untilMs, nextEventMs, nextStepMs, nextTrafficMs)
    const linksNow = links.map(link => ({
      ...link,
      down: atTime(link.down, traces, nowMs),
      up: atTime(link.up, traces, nowMs)
    }))
    yield {
      fromMs: nowMs,
      toMs,
      links: linksNow,
      stopped: new Set(stopped),
      constant: constantTraffic(topology, linksNow, nowMs)
    }
    nowMs = toMs
  }
}

/** The changes at one time, described in a few words. */
export interface NetworkChange {
  atMs: number
  what: string
  /** Numbers of the links that change, with their states from then on. */
  links: { link: number; now: LinkNow }[]
  node?: { name: string; action: NodeAction }
}

/** The changes of links: events, and traces step by step. */
export function* linkChanges(topology: Topology, traces: Traces, untilMs: number): Generator<NetworkChange> {
  let before: LinkNow[] | undefined
  for (const { fromMs, links } of networkSlices(topology, traces, untilMs)) {
    const changed = links.flatMap((now, link) =>
      before === undefined || JSON.stringify(now) === JSON.stringify(before[link]) ? [] : [{ link, now }]
    )
    const names = changed.map(({ link }) => topology.links[link]!.endpoints.join('-'))
    if (changed.length > 0) yield { atMs: fromMs, what: names.join(' '), links: changed }
    before = links
  }
}

/** The ends and starts of nodes, late starts among them. */
export function nodeChanges(topology: Topology, untilMs: number): NetworkChange[] {
  const change = (atMs: number, name: string, action: NodeAction) => ({
    atMs,
    what: `${action} ${name}`,
    links: [],
    node: { name, action }
  })
  const late = topology.nodes
    .filter(node => node.startAtMs !== undefined)
    .map(node => change(node.startAtMs!, node.name, 'start'))
  const events = unrollEvents(topology, untilMs).flatMap(({ atMs, event }) =>
    'node' in event ? [change(atMs, event.node, event.action)] : []
  )
  return [...late, ...events].sort((a, b) => a.atMs - b.atMs)
}

/** The state of a link after an event on it. */
export function changeLink(
  now: LinkNow,
  event: TopologyEvent,
  original: Pick<LinkNow, 'down' | 'up'>
): LinkNow {
  if (!('change' in event)) return now
  const { change } = event
  if (change.kind === 'set') {
    return { ...now, down: { ...now.down, ...change.down }, up: { ...now.up, ...change.up } }
  }
  if (change.kind === 'reset') return linkAtStart(original)
  if (!('end' in change)) return { ...now, blackHole: change.kind === 'down' }
  const [a, b] = now.ends
  return { ...now, ends: change.end === 0 ? [changeEnd(a, change), b] : [a, changeEnd(b, change)] }
}

function changeEnd(now: EndNow, change: Extract<LinkChange, { end: 0 | 1 }>): EndNow {
  if (change.kind === 'interface') return { ...now, isPresent: change.what === 'return' }
  if (change.what === 'remove') return { ...now, address: 'none' }
  const isOther = change.what === 'change' && now.address !== 'other'
  return { ...now, address: isOther ? 'other' : 'first' }
}

function apply(event: TopologyEvent, topology: Topology, links: LinkNow[], stopped: Set<string>): void {
  if ('link' in event) {
    links[event.link] = changeLink(links[event.link]!, event, topology.links[event.link]!)
  } else if (event.action === 'start' || event.action === 'resume') {
    stopped.delete(event.node)
  } else if (event.action !== 'flush') {
    stopped.add(event.node)
  }
}

function atTime(state: LinkState, traces: Traces, nowMs: number): LinkState {
  const trace = state.trace === undefined ? undefined : traces.get(traceKey(state.trace))
  return trace === undefined ? state : { ...state, ...traceAt(trace, state.trace!, nowMs) }
}
