import { WireStatus } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import type {
  AnsweredRoute,
  AnswerReply,
  PathIds,
  QueryRequest,
  RouteRelay
} from '../protocol/director-messages.ts'
import { pathIdsOf, routeId } from '../protocol/route-id.ts'
import { addressesFor, type Standpoint } from './addresses-for.ts'
import type { Holding } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import { recordBytes } from './record-text.ts'
import type { ReadonlyRegistry, RegisteredNode } from './registry.ts'
import { type FoundHolder, type FoundRoutes, findRoutes, type RouteQuery } from './route-finder.ts'

export interface Answered {
  reply: AnswerReply
  /** An entry on which the reply rests, and whose record was not checked yet. */
  unverified?: Holding
  /**
   * What the answer rests on, as RegistryEffects names it: only changes of these can change it. Absent
   * where any may.
   */
  restsOn?: ReadonlySet<string>
}

/** The moment of an answer. */
export interface Moment {
  nowMs: number
  /** The director has just started. */
  settling: boolean
}

/**
 * Returns the answer to a query as things stand, with the addresses that are true for the asker; routes
 * that the asker had before stay as they are while they exist.
 */
export function answerQuery(
  registry: ReadonlyRegistry,
  query: QueryRequest,
  asker: Standpoint,
  before: readonly PathIds[],
  { nowMs, settling }: Moment,
  limits: DirectorLimits
): Answered {
  const found = findRoutes(registry, toRouteQuery(query, asker, before), limits, nowMs)
  const reply = found ? foundAnswer(found, asker, settling) : unknownAnswer(registry, query, settling)
  const had = before.map(routeId)
  const has = reply.routes.map(idOf)
  return {
    reply: {
      ...reply,
      gained: has.filter(id => !had.includes(id)),
      lost: had.filter(id => !has.includes(id))
    },
    ...unverifiedOf(registry, query, found),
    ...(found?.restsOn ? { restsOn: found.restsOn } : {})
  }
}

/** The entry that decides what a queried name stands for, if its record is still to be checked: no route is looked for before. */
export function uncheckedFirst(registry: ReadonlyRegistry, { content }: QueryRequest): Holding | undefined {
  const [first] = 'name' in content ? registry.findContent(content) : []
  return first && !first.entry.isVerified ? first : undefined
}

/** The first source of a name decides what it stands for, also where the answer does not lead there. */
function unverifiedOf(registry: ReadonlyRegistry, { content }: QueryRequest, found: FoundRoutes | undefined) {
  const first = 'name' in content ? registry.findContent(content).slice(0, 1) : []
  const answered = found?.holders.map(({ source, entry }) => ({ sourceId: source.peerId, entry })) ?? []
  const unverified = [...first, ...answered].find(({ entry }) => !entry.isVerified)
  return unverified ? { unverified } : {}
}

/** The paths of an answer. */
export function pathsOf({ routes }: AnswerReply): PathIds[] {
  return routes.map(pathIdsOf)
}

/** True when a watcher need not be told: everything counts but costs, which move all the time. */
export function isSameAnswer(a: AnswerReply, b: AnswerReply): boolean {
  return fingerprint(a) === fingerprint(b)
}

/** The key under which changes of the queried content are announced. */
export function contentKeyOf(query: QueryRequest): string {
  return 'name' in query.content ? query.content.name : toHex(query.content.rootHash)
}

function toRouteQuery(query: QueryRequest, asker: Standpoint, before: readonly PathIds[]): RouteQuery {
  const { content, source, routes, neighbors, sameNetwork, direct } = query
  return {
    content: 'name' in content ? content : { rootHash: toHex(content.rootHash) },
    count: routes,
    asker,
    ...(source ? { sourceId: source } : {}),
    ...(neighbors ? { neighbors } : {}),
    ...(sameNetwork ? { sameNetwork } : {}),
    ...(direct ? { direct } : {}),
    held: before.map(({ relays, source: sourceId }) => ({ sourceId, relays }))
  }
}

function foundAnswer(
  { holders, routes, shortfall }: FoundRoutes,
  asker: Standpoint,
  settling: boolean
): AnswerReply {
  return {
    kind: 'answer',
    status: WireStatus.ok,
    message: '',
    settling,
    holders: holders.map(holder => toHolder(holder, asker)),
    routes: routes.map(({ sourceId, relays, costMs }) => ({
      relays: relays.map(relay => toRouteRelay(relay, asker)),
      source: sourceId,
      costMs
    })),
    ...(shortfall ? { shortfall } : {}),
    gained: [],
    lost: []
  }
}

function toHolder({ source, entry }: FoundHolder, asker: Standpoint): AnswerReply['holders'][number] {
  const { peerId, whereabouts, capabilities } = source
  const addresses = addressesFor(asker, whereabouts)
  return { peerId, addresses, record: recordBytes(entry), capabilities: [...capabilities] }
}

function toRouteRelay(relay: RegisteredNode, asker: Standpoint): RouteRelay {
  const { peerId, whereabouts, capacityBytesPerSecond, labels, capabilities, vouchedBy } = relay
  return {
    peerId,
    addresses: addressesFor(asker, whereabouts),
    labels: [...labels],
    capabilities: [...capabilities],
    ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
    ...(vouchedBy === undefined ? {} : { vouchedBy })
  }
}

function unknownAnswer(registry: ReadonlyRegistry, query: QueryRequest, settling: boolean): AnswerReply {
  const name = 'name' in query.content ? query.content.name : `with the root hash ${contentKeyOf(query)}`
  return {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message:
      query.source === undefined
        ? `no registered source has a content ${name}`
        : `the source ${query.source} is not registered with a content ${name}`,
    settling,
    ...(isAnyIndexing(registry, query) ? { indexing: true } : {}),
    holders: [],
    routes: [],
    gained: [],
    lost: []
  }
}

/** Whether a source that the query could mean has yet to tell files that it is hashing. */
export function isAnyIndexing(registry: ReadonlyRegistry, { source }: Pick<QueryRequest, 'source'>): boolean {
  const isMeant = (peerId: string) => source === undefined || source === peerId
  return registry.nodes().some(node => node.indexing && isMeant(node.peerId) && registry.isOffered(node))
}

function fingerprint({ status, settling, holders, shortfall, routes }: AnswerReply): string {
  const told = holders.map(holder => ({ ...holder, record: toHex(holder.record) }))
  const paths = routes.map(route => ({ id: idOf(route), relays: route.relays }))
  return JSON.stringify([status, settling, told, shortfall, paths.sort((a, b) => (a.id < b.id ? -1 : 1))])
}

function idOf(route: AnsweredRoute): string {
  return routeId(pathIdsOf(route))
}
