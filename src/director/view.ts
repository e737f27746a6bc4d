import { toString as uint8ArrayToString } from 'uint8arrays/to-string'
import type { AnswerReply, QueryRequest } from '../protocol/director-messages.ts'
import { pathIdsOf, routeId } from '../protocol/route-id.ts'
import type { HeldContent } from './content-index.ts'
import type { Verdict } from './dial-back-plan.ts'
import type { DirectorLimits } from './limits.ts'
import { isReachable, type ReadonlyRegistry, type RegisteredNode } from './registry.ts'
import { speaksRoutes } from './route-version.ts'

/** The state of a director at one moment: plain data, for pages and metrics. */
export interface DirectorView {
  nodes: NodeView[]
  links: LinkView[]
  /** The first contents, `maxContentsInView` at most. */
  contents: HeldContent[]
  /** The number of contents of all sources, each source's own ones counted. */
  contentCount: number
  watches: WatchView[]
}

/** How much a director holds at one moment. */
export interface DirectorCounts {
  nodes: number
  /** The same by role and state; groups without a node are there, too. */
  groups: NodeGroup[]
  contents: number
  watches: number
}

export interface NodeGroup {
  role: 'source' | 'relay'
  /** A draining node takes nothing new; one in its grace has lost its connection and may come back. */
  state: 'connected' | 'draining' | 'grace'
  nodes: number
  /** Those of them that the director has found at no address, so that nobody is led to them by one. */
  unreachable: number
}

export interface NodeView {
  peerId: string
  role: 'source' | 'relay'
  /** The addresses that the node tells of itself. */
  addresses: string[]
  /** Those at which the director has found it. */
  reachable: string[]
  /** Present while there are none: others come to the node only over relays in `attachedTo`. */
  unreachable?: UnreachableView
  /** Peer ids of the relays to which an unreachable node has attached itself. */
  attachedTo: string[]
  labels: string[]
  /** True for a relay that serves other relays, not clients. */
  restricted: boolean
  /** What the node says that it can do beyond the protocol. */
  capabilities: string[]
  /** The most bytes a second that a relay forwards; absent: unlimited or unknown. */
  capacityBytesPerSecond?: number
  /** Name of the access rule by which the node came in; absent where everybody may. */
  vouchedBy?: string
  /** Number of hosts whose clients complain of this relay; absent for none. */
  complaints?: number
  /** True for a node that speaks another route protocol than the director: nobody is led to it. */
  otherVersion: boolean
  draining: boolean
  /** The load that the node reports, from 0 (idle) to 1 (full). */
  load: number
  /** A node whose stream broke is in its grace to come back until its lease ends. */
  state: 'connected' | 'grace'
  leaseLeftMs: number
  contentCount: number
}

export interface UnreachableView {
  /** Milliseconds since the node came, or since its last address was lost. */
  forMs: number
  /** True while the director has yet to dial some of the node's addresses. */
  isChecking: boolean
  /** The addresses at which it was not found; empty for nodes of which other directors tell. */
  failed: { address: string; reason: string }[]
}

/** Two nodes of which one at least has measured the other. */
export interface LinkView {
  /** Peer ids, in the order of the nodes. */
  ends: [string, string]
  rttMs: number
}

export interface WatchView {
  /** The name that is asked for, or the root hash in lower-case hex. */
  content: { name: string } | { rootHash: string }
  /** How many routes are asked for. */
  wanted: number
  /** The only source that is wanted; absent: any. */
  onlySource?: string
  /** The only relays that the client reaches; absent: any. */
  reachable?: string[]
  /** The answer that the client was told last; absent until then. */
  told?: {
    /** WireStatus.ok, or why there is no content. */
    status: number
    /** Peer ids of those who have the content. */
    holders: string[]
    routes: { id: string; relays: string[]; source: string; costMs: number }[]
    /** Why there are fewer routes than asked for, for people. */
    shortfall?: string
  }
}

/**
 * `verdictOf` tells what dials of a node's addresses have brought, where it is this director's own.
 * Default: nothing is known.
 */
export function directorView(
  registry: ReadonlyRegistry,
  watches: Iterable<{ view(): WatchView }>,
  nowMs: number,
  { maxContentsInView }: DirectorLimits,
  verdictOf: (peerId: string) => Verdict = () => ({ reached: [], open: [], failed: [] })
): DirectorView {
  const nodes = registry.nodes()
  return {
    nodes: nodes.map(node => nodeView(registry, node, nowMs, verdictOf)),
    links: linkViews(registry, nodes),
    contents: first(registry.contents(), maxContentsInView),
    contentCount: registry.contentCount,
    watches: [...watches].map(watch => watch.view())
  }
}

export function directorCounts(registry: ReadonlyRegistry, watches: number): DirectorCounts {
  const groups = (['source', 'relay'] as const).flatMap(role =>
    (['connected', 'draining', 'grace'] as const).map(state => ({ role, state, nodes: 0, unreachable: 0 }))
  )
  for (const node of registry.nodes()) {
    const state = !node.connected ? 'grace' : node.draining ? 'draining' : 'connected'
    const group = groups.find(each => each.role === node.role && each.state === state)!
    group.nodes++
    if (!isReachable(node)) group.unreachable++
  }
  return { nodes: registry.nodeCount, groups, contents: registry.contentCount, watches }
}

/** Returns the view of a watch that asks `query` and was told `told`. */
export function watchView(query: QueryRequest, told: AnswerReply | undefined): WatchView {
  const { content, routes, source, neighbors } = query
  return {
    content: 'name' in content ? content : { rootHash: uint8ArrayToString(content.rootHash, 'hex') },
    wanted: routes,
    ...(source === undefined ? {} : { onlySource: source }),
    ...(neighbors ? { reachable: neighbors.map(({ peerId }) => peerId) } : {}),
    ...(told ? { told: toldView(told) } : {})
  }
}

function toldView({ status, holders, routes, shortfall }: AnswerReply): WatchView['told'] {
  return {
    status,
    holders: holders.map(({ peerId }) => peerId),
    routes: routes.map(route => {
      const path = pathIdsOf(route)
      return { id: routeId(path), ...path, costMs: route.costMs }
    }),
    ...(shortfall ? { shortfall: shortfall.message } : {})
  }
}

function nodeView(
  registry: ReadonlyRegistry,
  node: RegisteredNode,
  nowMs: number,
  verdictOf: (peerId: string) => Verdict
): NodeView {
  const { peerId, role, addresses, reachable, labels, restricted, capabilities, draining, load } = node
  const { capacityBytesPerSecond, vouchedBy, unreachableSinceMs } = node
  const complaints = registry.standingOf(peerId, nowMs).hosts
  return {
    peerId,
    role,
    addresses: [...addresses],
    reachable: [...reachable],
    ...(unreachableSinceMs === undefined
      ? {}
      : { unreachable: unreachableView(verdictOf(peerId), nowMs - unreachableSinceMs) }),
    attachedTo: [...node.attachedTo],
    labels: [...labels],
    restricted,
    capabilities: [...capabilities],
    ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
    ...(vouchedBy === undefined ? {} : { vouchedBy }),
    ...(complaints > 0 ? { complaints } : {}),
    otherVersion: !speaksRoutes(node),
    draining,
    load,
    state: node.connected ? 'connected' : 'grace',
    leaseLeftMs: Math.max(0, node.leaseEndsAtMs - nowMs),
    contentCount: registry.contentCountOf(peerId)
  }
}

function unreachableView({ open, failed }: Verdict, forMs: number): UnreachableView {
  const told = failed.map(({ address, reason }) => ({ address, reason }))
  return { forMs, isChecking: open.length > 0, failed: told }
}

function linkViews(registry: ReadonlyRegistry, nodes: readonly RegisteredNode[]): LinkView[] {
  const place = new Map(nodes.map(({ peerId }, at) => [peerId, at]))
  return nodes.flatMap(({ peerId }, at) =>
    registry
      .linkedTo(peerId)
      .filter(other => place.get(other)! > at)
      .map(other => ({
        ends: [peerId, other] as [string, string],
        rttMs: registry.linkRttMs(peerId, other)!
      }))
  )
}

function first<T>(items: Iterable<T>, count: number): T[] {
  const found: T[] = []
  for (const item of items) {
    if (found.length >= count) break
    found.push(item)
  }
  return found
}
