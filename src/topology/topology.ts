import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { describeProblem, type FileProblem, parseYaml } from '../units/yaml-file.ts'
import type { Bound, Expectation, LinkSettings, TopologyFile } from './topology-schema.ts'
import { linkSettingsSchema, topologyFileSchema } from './topology-schema.ts'

/** Bytes of a full-size Ethernet frame, as the emulation counts a packet of the queue. */
export const FRAME_BYTES = 1514
/** Share of a full-size frame's bytes that is TCP payload, with timestamps on. */
export const PAYLOAD_SHARE = 1448 / 1514
/** Packets that a link queues when the file does not say: 200, or one BDP of 100 ms if that is more. */
export const DEFAULT_QUEUE_PACKETS = 200

/** A router only forwards packets: no process of ours runs there, and the overlay does not know of it. */
export type Role = 'source' | 'relay' | 'director' | 'client' | 'router'
/** `down`: from a link's first endpoint to its second; `up`: the other way. */
export type Direction = 'down' | 'up'

export interface TopologyNode {
  name: string
  role: Role
  /** For relays: the most bytes a second that the relay forwards. */
  maxRateBytesPerSecond?: number
  /** For relays: start, in ms after the client's start. Unset: the relay starts before the client. */
  startAtMs?: number
  args: string[]
}

/** The effects of one direction of a link on packets. */
export interface LinkState {
  /** Rate in bytes a second. Unset: the link does not limit the rate. */
  rateBytesPerSecond?: number
  delayMs: number
  jitterMs: number
  /** Share of the packets that are lost, 0 to 1. */
  loss: number
  queueBytes: number
  /** Mahimahi file that sets the rate over time, as the topology file names it. */
  trace?: string
}

export interface TopologyLink {
  endpoints: [string, string]
  down: LinkState
  up: LinkState
}

export type TopologyEvent = { atMs: number; everyMs?: number } & (
  | { link: number; change: LinkChange }
  | { node: string; action: 'kill' | 'stop' | 'start' }
)

/** A change of a link. `set` holds, for each direction, only the settings that change. */
export type LinkChange =
  | { kind: 'set'; down: Partial<LinkState>; up: Partial<LinkState> }
  | { kind: 'reset' | 'down' | 'up' }

/** A topology file after its checks, every quantity in base units. */
export interface Topology {
  name: string
  description?: string
  congestion?: 'bbr' | 'cubic' | 'reno'
  nodes: TopologyNode[]
  links: TopologyLink[]
  contentBytes: number
  segmentBytes?: number
  client: { policy?: string; routes?: number; args: string[] }
  events: TopologyEvent[]
  expect: Expectation
}

/** A topology file has faults; each is told with its line and column. */
export class TopologyError extends AnabranchError {
  readonly problems: FileProblem[]

  constructor(fileName: string, problems: FileProblem[]) {
    const lines = problems.map(problem => describeProblem(fileName, problem))
    super('ERR_TOPOLOGY', lines.join('\n'), { exitCode: ExitCode.configuration, lines })
    this.problems = problems
  }
}

/** Parses the text of a topology file. Throws TopologyError with every fault found. */
export function parseTopology(text: string, fileName: string): Topology {
  const file = parseYaml(text, topologyFileSchema)
  if (file.problems) throw new TopologyError(fileName, file.problems)
  const problems: FileProblem[] = []
  const topology = build(file.value, (path, message) => problems.push(file.locate(path, message)))
  if (problems.length > 0) throw new TopologyError(fileName, problems)
  return topology
}

/** Whether a measured value satisfies a bound of `expect`. */
export function keepsBound(value: number, bound: Bound): boolean {
  return bound.sign === '<=' ? value <= bound.value : value >= bound.value
}

/** Number of the link between two nodes, given in either order. */
export function findLink(topology: Pick<Topology, 'links'>, a: string, b: string): number {
  return topology.links.findIndex(({ endpoints: [x, y] }) => (x === a && y === b) || (x === b && y === a))
}

/** Number of the link named by its two nodes in either order, such as `src-r1`. Throws UsageError. */
export function linkByName(topology: Pick<Topology, 'links'>, name: string): number {
  const index = topology.links.findIndex(({ endpoints: [a, b] }) => [`${a}-${b}`, `${b}-${a}`].includes(name))
  if (index >= 0) return index
  const names = topology.links.map(link => link.endpoints.join('-'))
  throw new UsageError(`there is no link '${name}'; there are ${names.join(', ')}`)
}

/** Parses a change as typed: `rate=2mbit loss=1%`, or one of `down`, `up`, `reset`. Throws UsageError. */
export function parseLinkChange(words: string[]): LinkChange {
  const [only] = words
  if (words.length === 1 && (only === 'down' || only === 'up' || only === 'reset')) return { kind: only }
  const entries = words.map(word => {
    const [key, value] = word.split('=')
    return [key, key === 'queue' ? Number(value) : value]
  })
  const parsed = linkSettingsSchema.safeParse(Object.fromEntries(entries))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new UsageError(`'${words.join(' ')}' changes no link: ${[...path, message].join(' ')}`)
  }
  const change = stateChange(parsed.data)
  return { kind: 'set', down: change, up: change }
}

type Report = (path: PropertyKey[], message: string) => void

function build(file: TopologyFile, report: Report): Topology {
  const nodes = Object.entries(file.topology.nodes).map(([name, node]): TopologyNode => {
    if (node.role !== 'relay') {
      for (const key of ['maxRate', 'startAt'] as const) {
        if (node[key] !== undefined) report(['topology', 'nodes', name, key], 'is for relays only')
      }
    }
    if (node.role === 'router' && node.args !== undefined)
      report(['topology', 'nodes', name, 'args'], 'a router runs no program that could take flags')
    if (node.role === 'client' && node.args !== undefined)
      report(['topology', 'nodes', name, 'args'], "flags of the fetch stand under the file's own 'client'")
    return {
      name,
      role: node.role,
      maxRateBytesPerSecond: node.maxRate,
      startAtMs: node.startAt,
      args: node.args ?? []
    }
  })
  checkRoles(nodes, report)
  const links = buildLinks(file, nodes, report)
  return {
    name: file.name,
    description: file.description,
    congestion: file.congestion,
    nodes,
    links,
    contentBytes: file.content.size,
    segmentBytes: file.content.segmentSize,
    client: { ...file.client, args: file.client?.args ?? [] },
    events: buildEvents(file, nodes, links, report),
    expect: file.expect ?? {}
  }
}

function checkRoles(nodes: TopologyNode[], report: Report): void {
  for (const role of ['source', 'client', 'director'] as const) {
    const count = nodes.filter(node => node.role === role).length
    if (count !== 1) report(['topology', 'nodes'], `must have exactly one ${role}, not ${count}`)
  }
}

function buildLinks(file: TopologyFile, nodes: TopologyNode[], report: Report): TopologyLink[] {
  const names = new Set(nodes.map(node => node.name))
  const seen = new Set<string>()
  const links = file.topology.links.map((link, index): TopologyLink => {
    const path = ['topology', 'links', index, 'endpoints']
    link.endpoints.forEach((name, end) => {
      if (!names.has(name)) report([...path, end], `'${name}' is no node of this file`)
    })
    if (link.endpoints[0] === link.endpoints[1]) report(path, 'a link needs two different nodes')
    const pair = link.endpoints.toSorted().join(' ')
    if (seen.has(pair)) report(path, 'these two nodes have a link already')
    seen.add(pair)
    return {
      endpoints: link.endpoints,
      down: linkState({ ...link, ...link.down }),
      up: linkState({ ...link, ...link.up })
    }
  })
  const reached = reachable(links, nodes[0]?.name ?? '')
  for (const { name } of nodes) {
    if (!reached.has(name)) report(['topology', 'nodes', name], 'is not reached by any link')
  }
  for (const { name } of nodes.filter(({ role }) => role === 'router')) {
    const count = links.filter(({ endpoints }) => endpoints.includes(name)).length
    if (count === 1)
      report(['topology', 'nodes', name], 'a router with only one link leads nowhere: it needs two')
  }
  return links
}

function linkState(settings: LinkSettings): LinkState {
  const delayMs = settings.delay ?? 0
  const bdpBytes = ((settings.rate ?? 0) * 100) / 1000
  return {
    rateBytesPerSecond: settings.rate,
    delayMs,
    jitterMs: settings.jitter ?? 0,
    loss: settings.loss ?? 0,
    queueBytes:
      settings.queue !== undefined
        ? settings.queue * FRAME_BYTES
        : Math.max(DEFAULT_QUEUE_PACKETS * FRAME_BYTES, Math.ceil(bdpBytes)),
    trace: settings.trace
  }
}

function buildEvents(
  file: TopologyFile,
  nodes: TopologyNode[],
  links: TopologyLink[],
  report: Report
): TopologyEvent[] {
  return (file.events ?? []).flatMap((event, index): TopologyEvent[] => {
    const when = { atMs: event.at, everyMs: event.every }
    if (event.every !== undefined && event.every <= 0)
      report(['events', index, 'every'], 'must be more than 0')
    if ('node' in event) {
      const role = nodes.find(node => node.name === event.node)?.role
      if (role === undefined) report(['events', index, 'node'], `'${event.node}' is no node of this file`)
      if (role === 'client')
        report(['events', index, 'node'], 'the client is what is measured: name another node')
      if (role === 'router')
        report(
          ['events', index, 'node'],
          'a router runs nothing that could end: cut its links with down: true'
        )
      return [{ ...when, node: event.node, action: event.action }]
    }
    const link = findLink({ links }, ...event.link)
    if (link < 0) report(['events', index, 'link'], 'there is no such link in this file')
    const kinds = (['set', 'reset', 'down', 'up'] as const).filter(kind => event[kind] !== undefined)
    if (kinds.length !== 1) {
      report(['events', index], 'must have exactly one of set, reset, down, up')
      return []
    }
    const kind = kinds[0]!
    if (kind !== 'set') return [{ ...when, link, change: { kind } }]
    const { down, up, ...both } = event.set!
    const reversed = links[link]?.endpoints[0] !== event.link[0]
    const change = { down: stateChange({ ...both, ...down }), up: stateChange({ ...both, ...up }) }
    return [
      { ...when, link, change: { kind, ...(reversed ? { down: change.up, up: change.down } : change) } }
    ]
  })
}

/** The change that the settings name, and no more. A rate ends a trace, and a trace ends a rate. */
function stateChange(settings: LinkSettings): Partial<LinkState> {
  const change: Partial<LinkState> = {}
  if (settings.rate !== undefined)
    Object.assign(change, { rateBytesPerSecond: settings.rate, trace: undefined })
  if (settings.trace !== undefined) change.trace = settings.trace
  if (settings.delay !== undefined) change.delayMs = settings.delay
  if (settings.jitter !== undefined) change.jitterMs = settings.jitter
  if (settings.loss !== undefined) change.loss = settings.loss
  if (settings.queue !== undefined) change.queueBytes = settings.queue * FRAME_BYTES
  return change
}

function reachable(links: TopologyLink[], from: string): Set<string> {
  const reached = new Set([from])
  for (let size = 0; size !== reached.size; ) {
    size = reached.size
    for (const { endpoints } of links) {
      if (endpoints.some(name => reached.has(name))) for (const name of endpoints) reached.add(name)
    }
  }
  return reached
}
