import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { describeProblem, type FileProblem, parseYaml } from '../units/yaml-file.ts'
import { assignAddresses } from './addresses.ts'
import { checkClients, rangeOf } from './client-checks.ts'
import { lossOf, traceUse } from './link-settings.ts'
import { checkLive, liveOf } from './live-content.ts'
import {
  DEFAULT_QUEUE_PACKETS,
  type Family,
  FRAME_BYTES,
  findLink,
  type LinkChange,
  type LinkState,
  type NodeAction,
  type Topology,
  type TopologyEvent,
  type TopologyLink,
  type TopologyNode
} from './model.ts'
import { checkAddresses, checkEnds, checkInside, type Report } from './network-checks.ts'
import { checkPlay, playOf } from './played-content.ts'
import {
  type LinkSettings,
  linkSettingsSchema,
  type TopologyFile,
  topologyFileSchema
} from './topology-schema.ts'
import { checkTraffic, trafficOf } from './traffic-section.ts'

export * from './model.ts'

/** Least size in bytes of the largest packet of a link that carries IPv6 (RFC 8200). */
const LEAST_IPV6_MTU = 1280

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
  const change = stateChange(parsed.data, 0)
  return { kind: 'set', down: change, up: change }
}

function build(file: TopologyFile, report: Report): Topology {
  const families: Family[] = file.ipv6 ? [4, 6] : [4]
  const bare = Object.entries(file.topology.nodes).map(([name, node]): TopologyNode => {
    checkNode(name, node, file.ipv6 === true, report)
    return {
      name,
      role: node.role === 'publish' ? 'source' : node.role,
      maxRateBytesPerSecond: node.maxRate,
      startAtMs: node.startAt,
      serves: node.role === 'client' && (node.serve ?? file.client?.serve) === true,
      args: node.args ?? [],
      families: node.ip === undefined ? families : [node.ip],
      addresses: [],
      inside: node.nat?.inside ?? [],
      firewall: node.firewall !== undefined
    }
  })
  checkRoles(bare, report)
  checkClients(file, report)
  checkLive(file, report)
  checkPlay(file, report)
  const links = buildLinks(file, bare, report)
  checkInside({ nodes: bare, links }, report)
  const nodes = bare.map(node => {
    const written = file.topology.nodes[node.name]!.address
    return { ...node, addresses: assignAddresses({ nodes: bare, links }, node, written) }
  })
  checkAddresses({ nodes, links }, name => file.topology.nodes[name]!.address, report)
  checkEnds({ nodes, links }, report)
  checkTraffic(file, { nodes, links }, report)
  return {
    name: file.name,
    description: file.description,
    repeat: file.repeat,
    congestion: file.congestion,
    families,
    nodes,
    links,
    contentBytes: file.content.size,
    ...rangeOf(file),
    segmentBytes: file.content.segmentSize,
    ...liveOf(file),
    ...playOf(file),
    client: clientOf(file),
    events: buildEvents(file, nodes, links, report),
    traffic: trafficOf(file),
    haveTracesOneClock: file.traces?.clock === 'common',
    expect: file.expect ?? {}
  }
}

function clientOf({ client }: TopologyFile): Topology['client'] {
  const { latency: _, start: __, range: ___, serve: ____, play: _____, ...flags } = client ?? {}
  return { ...flags, args: flags.args ?? [] }
}

function checkNode(
  name: string,
  node: TopologyFile['topology']['nodes'][string],
  ipv6: boolean,
  report: Report
): void {
  const fault = (key: keyof typeof node, message: string) => report(['topology', 'nodes', name, key], message)
  const { role } = node
  if (role !== 'relay' && node.maxRate !== undefined) fault('maxRate', 'is for relays only')
  if (!['relay', 'source', 'client'].includes(role) && node.startAt !== undefined)
    fault('startAt', 'is for relays, sources and clients only')
  if (role === 'router' && node.args !== undefined)
    fault('args', 'a router runs no program that could take flags')
  if (role === 'client' && node.args !== undefined)
    fault('args', "flags of the fetch stand under the file's own 'client'")
  if (role !== 'router' && node.nat !== undefined) fault('nat', 'is for routers only')
  if (role === 'router' && node.ip !== undefined)
    fault('ip', 'a router forwards all that the network carries')
  if (role === 'router' && node.firewall !== undefined)
    fault('firewall', 'nobody connects to a router: set it at the nodes behind it, or use nat')
  if (role === 'director' && node.firewall !== undefined) fault('firewall', 'nobody would reach the director')
  if (node.ip === 6 && !ipv6) fault('ip', 'the network carries IPv4 alone: set ipv6: true for the whole file')
}

function checkRoles(nodes: TopologyNode[], report: Report): void {
  const directors = nodes.filter(({ role }) => role === 'director').length
  if (directors !== 1) report(['topology', 'nodes'], `must have exactly one director, not ${directors}`)
  for (const role of ['client', 'source'] as const)
    if (!nodes.some(node => node.role === role)) report(['topology', 'nodes'], `must have a ${role}`)
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
      down: linkState({ ...link, ...link.down }, file.traces?.offset ?? 0),
      up: linkState({ ...link, ...link.up }, file.traces?.offset ?? 0),
      ...(link.mtu === undefined ? {} : { mtu: { bytes: link.mtu, told: link.icmp === undefined } })
    }
  })
  file.topology.links.forEach((link, index) => {
    const { mtu, icmp, reorder } = link
    const path = ['topology', 'links', index]
    if (reorder && !(link.jitter ?? link.down?.jitter ?? link.up?.jitter))
      report([...path, 'reorder'], 'needs a jitter of the link, by which packets pass each other')
    if (icmp !== undefined && mtu === undefined) report([...path, 'icmp'], 'is for links with an mtu only')
    if (file.ipv6 && mtu !== undefined && mtu < LEAST_IPV6_MTU)
      report([...path, 'mtu'], `must be ${LEAST_IPV6_MTU} or more, as IPv6 needs it`)
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

function linkState(settings: LinkSettings & { reorder?: true }, commonOffsetMs: number): LinkState {
  const delayMs = settings.delay ?? 0
  const bdpBytes = ((settings.rate ?? 0) * 100) / 1000
  return {
    rateBytesPerSecond: settings.rate,
    delayMs,
    jitterMs: settings.jitter ?? 0,
    ...(settings.reorder ? { reorders: true } : {}),
    ...lossOf(settings.loss ?? 0),
    queueBytes:
      settings.queue !== undefined
        ? settings.queue * FRAME_BYTES
        : Math.max(DEFAULT_QUEUE_PACKETS * FRAME_BYTES, Math.ceil(bdpBytes)),
    trace: settings.trace && traceUse(settings.trace, commonOffsetMs)
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
    const fault: Report = (path, message) => report(['events', index, ...path], message)
    if (event.every !== undefined && event.every <= 0) fault(['every'], 'must be more than 0')
    if ('node' in event && nodes.every(node => node.name !== event.node)) {
      fault(['node'], `'${event.node}' is no node of this file`)
      return []
    }
    if ('action' in event) {
      checkAction(nodes.find(node => node.name === event.node)!, event.action, fault)
      return [{ ...when, node: event.node, action: event.action }]
    }
    const link = findLink({ links }, ...event.link)
    if (link < 0) {
      fault(['link'], 'there is no such link in this file')
      return []
    }
    const change =
      'node' in event
        ? endChange(event, { nodes, links }, link, fault)
        : linkChange(event, links[link]!.endpoints[0] !== event.link[0], file.traces?.offset ?? 0, fault)
    return change === undefined ? [] : [{ ...when, link, change }]
  })
}

type FileEvent = NonNullable<TopologyFile['events']>[number]

function checkAction({ role, inside }: TopologyNode, action: NodeAction, fault: Report): void {
  if (action === 'flush') {
    if (inside.length === 0) fault(['action'], 'flush is for routers with nat only')
  } else if (role === 'router') {
    fault(['node'], 'a router runs nothing that could end: cut its links with down: true')
  } else if (role === 'client' && action !== 'suspend' && action !== 'resume') {
    fault(['node'], 'the client is what is measured: name another node')
  }
}

/** The change that an event makes at one end of a link. */
function endChange(
  event: Extract<FileEvent, { node: string; link: unknown }>,
  { nodes, links }: Pick<Topology, 'nodes' | 'links'>,
  link: number,
  fault: Report
): LinkChange | undefined {
  const end = links[link]!.endpoints.indexOf(event.node)
  if (end < 0) {
    fault(['node'], `is at neither end of the link between ${event.link.join(' and ')}`)
    return undefined
  }
  if ((event.interface === undefined) === (event.address === undefined)) {
    fault([], 'must have exactly one of interface, address')
    return undefined
  }
  if (event.interface !== undefined) return { kind: 'interface', end: end as 0 | 1, what: event.interface }
  const { addresses } = nodes.find(({ name }) => name === event.node)!
  if (!addresses.some(address => address.link === link))
    fault(['address'], `${event.node} has one address for all of its links: give it one for each link`)
  return { kind: 'address', end: end as 0 | 1, what: event.address! }
}

/** The change that an event makes to a whole link, which it may name from its second end to its first. */
function linkChange(
  event: Exclude<FileEvent, { node: string }>,
  reversed: boolean,
  commonOffsetMs: number,
  fault: Report
): LinkChange | undefined {
  const kinds = (['set', 'reset', 'down', 'up'] as const).filter(kind => event[kind] !== undefined)
  if (kinds.length !== 1) {
    fault([], 'must have exactly one of set, reset, down, up')
    return undefined
  }
  const kind = kinds[0]!
  if (kind !== 'set') return { kind }
  const { down, up, ...both } = event.set!
  const change = {
    down: stateChange({ ...both, ...down }, commonOffsetMs),
    up: stateChange({ ...both, ...up }, commonOffsetMs)
  }
  return { kind, ...(reversed ? { down: change.up, up: change.down } : change) }
}

/** The change that the settings name, and no more. A rate ends a trace, and a trace ends a rate. */
function stateChange(settings: LinkSettings, commonOffsetMs: number): Partial<LinkState> {
  const change: Partial<LinkState> = {}
  if (settings.rate !== undefined)
    Object.assign(change, { rateBytesPerSecond: settings.rate, trace: undefined })
  if (settings.trace !== undefined) change.trace = traceUse(settings.trace, commonOffsetMs)
  if (settings.delay !== undefined) change.delayMs = settings.delay
  if (settings.jitter !== undefined) change.jitterMs = settings.jitter
  if (settings.loss !== undefined) Object.assign(change, { bursts: undefined, ...lossOf(settings.loss) })
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
