import { WireStatus } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import type { AnswerReply, QueryRequest } from '../protocol/director-messages.ts'
import { routeId } from '../protocol/route-id.ts'
import type { Holding } from './content-index.ts'
import type { DirectorLimits } from './limits.ts'
import type { ReadonlyRegistry } from './registry.ts'
import { recordBytes } from './registry-change.ts'
import { type FoundRoutes, findRoutes, type RouteQuery } from './route-finder.ts'

/** The answer that the asker had before: an earlier one, or that which its query holds. */
export interface Before {
  source: string
  routes: string[][]
}

export interface Answered {
  reply: AnswerReply
  /** An entry on which the reply rests, and whose record was not checked yet. */
  unverified?: Holding
}

/** Returns the answer to a query as things stand; routes of `before` stay as they are while they exist. */
export function answerQuery(
  registry: ReadonlyRegistry,
  query: QueryRequest,
  before: Before | undefined,
  settling: boolean,
  limits: DirectorLimits
): Answered {
  const found = findRoutes(registry, toRouteQuery(query, before), limits)
  const reply = found ? foundAnswer(found, settling) : unknownAnswer(query, settling)
  const isSameSource = before?.source === reply.source?.peerId
  const had = before?.routes.map(routeId) ?? []
  const has = reply.routes.map(route => route.id)
  return {
    reply: {
      ...reply,
      gained: has.filter(id => !isSameSource || !had.includes(id)),
      lost: had.filter(id => !isSameSource || !has.includes(id))
    },
    ...unverifiedOf(registry, query, found)
  }
}

/** The first source of a name decides what it stands for, also where the answer leads to another. */
function unverifiedOf(registry: ReadonlyRegistry, { content }: QueryRequest, found: FoundRoutes | undefined) {
  const first = 'name' in content ? registry.findContent(content).slice(0, 1) : []
  const answered = found ? [{ sourceId: found.source.peerId, entry: found.entry }] : []
  const unverified = [...first, ...answered].find(({ entry }) => !entry.isVerified)
  return unverified ? { unverified } : {}
}

export function beforeOf(answer: AnswerReply): Before | undefined {
  if (!answer.source) return undefined
  return {
    source: answer.source.peerId,
    routes: answer.routes.map(route => route.relays.map(relay => relay.peerId))
  }
}

/** True when a watcher need not be told: everything counts but costs, which move all the time. */
export function isSameAnswer(a: AnswerReply, b: AnswerReply): boolean {
  return fingerprint(a) === fingerprint(b)
}

/** The key under which changes of the queried content are announced. */
export function contentKeyOf(query: QueryRequest): string {
  return 'name' in query.content ? query.content.name : toHex(query.content.rootHash)
}

function toRouteQuery(query: QueryRequest, before: Before | undefined): RouteQuery {
  const { content, source, routes, neighbors } = query
  return {
    content: 'name' in content ? content : { rootHash: toHex(content.rootHash) },
    count: routes,
    ...(source ? { sourceId: source } : {}),
    ...(neighbors ? { neighbors } : {}),
    ...(before ? { held: { sourceId: before.source, routes: before.routes } } : {})
  }
}

function foundAnswer({ source, entry, routes, shortfall }: FoundRoutes, settling: boolean): AnswerReply {
  return {
    kind: 'answer',
    status: WireStatus.ok,
    message: '',
    settling,
    record: recordBytes(entry),
    source: { peerId: source.peerId, addresses: [...source.addresses] },
    routes: routes.map(({ relays, costMs }) => ({
      id: routeId(relays.map(relay => relay.peerId)),
      costMs,
      relays: relays.map(({ peerId, addresses, capacityBytesPerSecond, labels }) => ({
        peerId,
        addresses: [...addresses],
        labels: [...labels],
        ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond })
      }))
    })),
    ...(shortfall ? { shortfall } : {}),
    gained: [],
    lost: []
  }
}

function unknownAnswer(query: QueryRequest, settling: boolean): AnswerReply {
  const name = 'name' in query.content ? query.content.name : `with the root hash ${contentKeyOf(query)}`
  return {
    kind: 'answer',
    status: WireStatus.unknownContent,
    message:
      query.source === undefined
        ? `no registered source has a content ${name}`
        : `the source ${query.source} is not registered with a content ${name}`,
    settling,
    routes: [],
    gained: [],
    lost: []
  }
}

function fingerprint(answer: AnswerReply): string {
  const { status, settling, record, source, shortfall } = answer
  const routes = answer.routes.map(route => route.relays).sort((a, b) => (routeKey(a) < routeKey(b) ? -1 : 1))
  return JSON.stringify([status, settling, record && toHex(record), source, shortfall, routes])
}

function routeKey(relays: { peerId: string }[]): string {
  return routeId(relays.map(relay => relay.peerId))
}
