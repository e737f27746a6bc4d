import { utf8Length } from './bytes.ts'
import { checkCapabilities, MAX_CAPABILITIES } from './capabilities.ts'
import { MAX_CONTENT_NAME_BYTES, parseContentName } from './content-name.ts'
import * as wire from './director.ts'
import {
  checkAddress,
  checkCapacity,
  checkLabel,
  checkMeasuredPeer,
  checkPeer,
  checkPeerId,
  checkRecord,
  checkRootHash,
  checkToken,
  plainText
} from './director-fields.ts'
import { DIRECTOR_WIRE_LIMITS as LIMITS } from './director-limits.ts'
import {
  type AnsweredRoute,
  type AnswerReply,
  type CatalogItem,
  type ComplaintRequest,
  DIRECT_ROUTES,
  type DirectorReply,
  type DirectorRequest,
  type DirectorsView,
  FAULTS,
  type Holder,
  type ListedContent,
  type ListRequest,
  type PathIds,
  type QueryRequest,
  type RegisterRequest,
  type RouteRelay,
  type RouteShortfall,
  type UnreachedAddress
} from './director-messages.ts'
import { check, decodeWithin, MalformedMessageError } from './malformed-message.ts'

/** People are shown it, so it has no signs but those of ASCII. */
const PROTOCOL_ID = new RegExp(`^[!-~]{1,${LIMITS.maxProtocolBytes}}$`)
const SHORTFALL_REASONS = [
  'no-relay',
  'source-unlinked',
  'client-unlinked',
  'not-joined',
  'shared',
  'same-network'
] as const

const QUERY_LIMITS = {
  neighbors: LIMITS.maxNeighbors,
  held: LIMITS.maxRoutes,
  held$: { relays: LIMITS.maxRelaysPerRoute }
}
const REQUEST_LIMITS = {
  register: {
    addresses: LIMITS.maxAddresses,
    labels: LIMITS.maxLabels,
    neighbors: LIMITS.maxNeighbors,
    capabilities: MAX_CAPABILITIES
  },
  catalog: { put: LIMITS.maxRecordsPerDelta, remove: LIMITS.maxRecordsPerDelta },
  measurements: { peers: LIMITS.maxMeasurements },
  query: QUERY_LIMITS,
  complaint: { relays: LIMITS.maxRelaysPerRoute }
}
const REPLY_LIMITS = {
  registered: { capabilities: MAX_CAPABILITIES },
  neighbors: {
    peers: LIMITS.maxNeighbors,
    peers$: { addresses: LIMITS.maxAddresses },
    linked: LIMITS.maxNeighbors,
    linked$: { addresses: LIMITS.maxAddresses }
  },
  verdict: { reached: LIMITS.maxAddresses, unreached: LIMITS.maxUnreached },
  answer: {
    holders: LIMITS.maxHolders,
    holders$: { addresses: LIMITS.maxAddresses, capabilities: MAX_CAPABILITIES },
    routes: LIMITS.maxRoutes,
    routes$: {
      relays: LIMITS.maxRelaysPerRoute,
      relays$: {
        addresses: LIMITS.maxAddresses,
        labels: LIMITS.maxLabels,
        capabilities: MAX_CAPABILITIES
      }
    },
    shortfall: { relays: LIMITS.maxRoutes, links: LIMITS.maxSharedLinks },
    gained: LIMITS.maxRoutes,
    lost: LIMITS.maxRoutes
  },
  listed: { contents: LIMITS.maxListed }
}

export function encodeDirectorRequest(request: DirectorRequest): Uint8Array {
  switch (request.kind) {
    case 'register': {
      const neighborsGiven = request.neighbors !== undefined
      const { neighbors = [], token = '', routeProtocol = '' } = request
      const register = { ...request, neighborsGiven, neighbors, token, routeProtocol }
      return wire.DirectorRequest.encode({ register })
    }
    case 'renew':
      return wire.DirectorRequest.encode({ renew: request })
    case 'leave':
      return wire.DirectorRequest.encode({ leave: {} })
    case 'catalog':
      return wire.DirectorRequest.encode({ catalog: { ...request, put: request.put.map(toWireItem) } })
    case 'measurements':
      return wire.DirectorRequest.encode({ measurements: request })
    case 'query':
      return wire.DirectorRequest.encode({ query: toWireQuery(request) })
    case 'complaint':
      return wire.DirectorRequest.encode({ complaint: request })
    case 'list': {
      const { prefix, source = '', token = '' } = request
      return wire.DirectorRequest.encode({ list: { prefix, source, token } })
    }
  }
}

/** Reads one frame from a node or client. Throws MalformedMessageError or InvalidContentNameError. */
export function decodeDirectorRequest(frame: Uint8Array): DirectorRequest {
  const request = decodeWithin(wire.DirectorRequest, frame, REQUEST_LIMITS)
  const { register, renew, leave, catalog, measurements, query, complaint, list } = request
  if (register) return checkRegister(register)
  if (renew) {
    check(renew.load >= 0 && renew.load <= 1, 'a load that is not between 0 and 1')
    return { kind: 'renew', ...renew }
  }
  if (leave) return { kind: 'leave' }
  if (catalog) {
    for (const item of catalog.put) checkItem(item)
    return { kind: 'catalog', ...catalog, remove: catalog.remove.map(parseContentName) }
  }
  if (measurements) return { kind: 'measurements', peers: measurements.peers.map(checkMeasuredPeer) }
  if (query) return checkQuery(query)
  if (complaint) return checkComplaint(complaint)
  if (list) return checkList(list)
  throw new MalformedMessageError('a request of unknown kind')
}

export function encodeDirectorReply(reply: DirectorReply): Uint8Array {
  switch (reply.kind) {
    case 'registered':
      return wire.DirectorReply.encode({ registered: reply })
    case 'neighbors':
      return wire.DirectorReply.encode({ neighbors: reply })
    case 'catalogStored':
      return wire.DirectorReply.encode({ catalogStored: reply })
    case 'verdict':
      return wire.DirectorReply.encode({ verdict: reply })
    case 'notice':
      return wire.DirectorReply.encode({ notice: reply })
    case 'answer':
      return wire.DirectorReply.encode({ answer: toWireAnswer(reply) })
    case 'listed':
      return wire.DirectorReply.encode({ listed: { ...reply, contents: reply.contents.map(toWireListed) } })
  }
}

/** Reads one frame from a director. Throws MalformedMessageError. */
export function decodeDirectorReply(frame: Uint8Array): DirectorReply {
  const { registered, neighbors, catalogStored, verdict, notice, answer, listed } = decodeWithin(
    wire.DirectorReply,
    frame,
    REPLY_LIMITS
  )
  if (registered) {
    check(registered.leaseMs >= 1, 'a lease of no length')
    checkCapabilities(registered.capabilities)
    const { leaseMs, capabilities } = registered
    return { kind: 'registered', leaseMs, capabilities, ...checkView(registered) }
  }
  if (neighbors) {
    const { peers, linked, attach } = neighbors
    return { kind: 'neighbors', peers: peers.map(checkPeer), linked: linked.map(checkPeer), attach }
  }
  if (catalogStored) return { kind: 'catalogStored', ...catalogStored }
  if (verdict) {
    const { reached, unreached } = verdict
    for (const address of reached) checkAddress(address)
    return { kind: 'verdict', reached, unreached: unreached.map(checkUnreached) }
  }
  if (notice) return { kind: 'notice', status: notice.status, message: plainText(notice.message) }
  if (answer) return checkAnswer(answer)
  if (listed) return { kind: 'listed', ...listed, contents: listed.contents.map(checkListed) }
  throw new MalformedMessageError('a reply of unknown kind')
}

function toWireQuery(query: QueryRequest): wire.Query {
  return {
    name: 'name' in query.content ? query.content.name : '',
    rootHash: toPlainBytes('rootHash' in query.content ? query.content.rootHash : new Uint8Array(0)),
    routes: query.routes,
    neighborsGiven: query.neighbors !== undefined,
    neighbors: query.neighbors ?? [],
    held: query.held,
    watch: query.watch,
    source: query.source ?? '',
    token: query.token ?? '',
    sameNetwork: query.sameNetwork ?? false,
    direct: query.direct ?? '',
    routeProtocol: query.routeProtocol ?? ''
  }
}

function toWireAnswer(answer: AnswerReply): wire.Answer {
  const { holders, routes, shortfall } = answer
  return {
    ...answer,
    indexing: answer.indexing ?? false,
    holders: holders.map(holder => ({ ...holder, record: toPlainBytes(holder.record) })),
    routes: routes.map(route => ({ ...route, relays: route.relays.map(toWireRelay) })),
    ...(shortfall
      ? { shortfall: { ...shortfall, links: shortfall.links.map(([from, to]) => ({ from, to })) } }
      : { shortfall: undefined })
  }
}

function checkRegister(register: wire.Register): RegisterRequest {
  const { role, capacityBytesPerSecond, labels, restricted, capabilities } = register
  check(role === 'source' || role === 'relay', 'a registration for a role that is neither source nor relay')
  checkCapacity(capacityBytesPerSecond)
  for (const label of labels) checkLabel(label)
  for (const address of register.addresses) checkAddress(address)
  checkCapabilities(capabilities)
  const neighbors = register.neighborsGiven ? { neighbors: register.neighbors.map(checkPeerId) } : {}
  return {
    kind: 'register',
    role: role as 'source' | 'relay',
    addresses: register.addresses,
    labels,
    restricted,
    capabilities,
    ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
    ...neighbors,
    ...checkRouteProtocol(register),
    ...checkToken(register)
  }
}

function checkQuery(query: wire.Query): QueryRequest {
  const { name, rootHash, routes } = query
  check((name === '') !== (rootHash.byteLength === 0), 'a query that names not exactly one content')
  if (name === '') checkRootHash(rootHash)
  check(routes >= 1 && routes <= LIMITS.maxRoutes, `a query for ${routes} routes`)
  return {
    kind: 'query',
    content: name === '' ? { rootHash } : { name: parseContentName(name) },
    routes,
    held: query.held.map(checkPath),
    watch: query.watch,
    ...(query.sameNetwork ? { sameNetwork: true } : {}),
    ...checkDirect(query),
    ...(query.source === '' ? {} : { source: checkPeerId(query.source) }),
    ...(query.neighborsGiven ? { neighbors: query.neighbors.map(checkMeasuredPeer) } : {}),
    ...checkRouteProtocol(query),
    ...checkToken(query)
  }
}

function checkDirect({ direct: told }: wire.Query): Pick<QueryRequest, 'direct'> {
  const direct = DIRECT_ROUTES.find(known => known === told)
  check(told === '' || direct !== undefined, 'a query for direct routes of an unknown kind')
  return direct === undefined || direct === 'never' ? {} : { direct }
}

function checkComplaint({ relays, fault: told }: wire.Complaint): ComplaintRequest {
  check(relays.length > 0, 'a complaint of no relay')
  const fault = FAULTS.find(known => known === told)
  if (fault === undefined) throw new MalformedMessageError('a complaint of an unknown fault')
  return { kind: 'complaint', relays: relays.map(checkPeerId), fault }
}

function checkList(list: wire.List): ListRequest {
  const { prefix, source } = list
  check(utf8Length(prefix) <= MAX_CONTENT_NAME_BYTES, 'a beginning of names that is too long')
  return {
    kind: 'list',
    prefix,
    ...(source === '' ? {} : { source: checkPeerId(source) }),
    ...checkToken(list)
  }
}

function checkListed({ name, rootHash, sizeBytes, sources }: wire.ListedContent): ListedContent {
  checkRootHash(rootHash)
  check(sizeBytes === undefined || Number.isSafeInteger(sizeBytes), 'a size out of range')
  check(sources >= 1, 'a content without a source')
  return { name: checkToldName(name), rootHash, sizeBytes, sources }
}

/** A name that a director tells: what is wrong with it is the director's fault. */
function checkToldName(name: string): string {
  try {
    return parseContentName(name)
  } catch (error) {
    throw new MalformedMessageError((error as Error).message, error)
  }
}

function checkRouteProtocol({ routeProtocol }: { routeProtocol: string }): { routeProtocol?: string } {
  const isTold = routeProtocol !== ''
  check(!isTold || PROTOCOL_ID.test(routeProtocol), 'a route protocol that is too long or has other signs')
  return isTold ? { routeProtocol } : {}
}

function checkPath({ relays, source }: wire.Path): PathIds {
  return { relays: relays.map(checkPeerId), source: checkPeerId(source) }
}

function checkAnswer(answer: wire.Answer): AnswerReply {
  const { status, settling, indexing, shortfall, pass } = answer
  const holders = answer.holders.map(checkHolder)
  const holderIds = new Set(holders.map(({ peerId }) => peerId))
  check(holderIds.size === holders.length, 'a holder that is named twice')
  const routes = answer.routes.map(checkRoute)
  check(
    routes.every(({ source }) => holderIds.has(source)),
    'a route to a source that is no holder'
  )
  check((pass?.byteLength ?? 0) <= LIMITS.maxPassBytes, 'a pass that is too long')
  return {
    kind: 'answer',
    status,
    message: plainText(answer.message),
    settling,
    ...(indexing ? { indexing } : {}),
    holders,
    routes,
    ...(shortfall ? { shortfall: checkShortfall(shortfall) } : {}),
    gained: answer.gained.map(checkRouteId),
    lost: answer.lost.map(checkRouteId),
    ...(pass ? { pass } : {}),
    ...checkView(answer)
  }
}

function checkView({ observed, timeMs }: Pick<wire.Answer, 'observed' | 'timeMs'>): DirectorsView {
  if (observed !== undefined) checkAddress(observed)
  check(timeMs === undefined || Number.isSafeInteger(timeMs), 'a time out of range')
  return { ...(observed === undefined ? {} : { observed }), ...(timeMs === undefined ? {} : { timeMs }) }
}

function checkUnreached({ address, reason }: wire.Unreached): UnreachedAddress {
  checkAddress(address)
  return { address, reason: plainText(reason) }
}

function checkHolder(holder: wire.Holder): Holder {
  const { record, capabilities } = holder
  checkRecord(record)
  checkCapabilities(capabilities)
  return { ...checkPeer(holder), record, capabilities }
}

function checkRoute({ relays, source, costMs }: wire.Route): AnsweredRoute {
  check(costMs >= 0 && Number.isFinite(costMs), 'a route cost that is no number')
  return { relays: relays.map(checkRelay), source: checkPeerId(source), costMs }
}

function checkRouteId(id: string): string {
  const peerIds = id.split('>')
  check(peerIds.length <= LIMITS.maxRelaysPerRoute + 1, 'the id of a route with too many relays')
  return peerIds.map(checkPeerId).join('>')
}

function checkRelay(relay: wire.RouteRelay): RouteRelay {
  const { capacityBytesPerSecond, labels, capabilities, vouchedBy } = relay
  checkCapacity(capacityBytesPerSecond)
  for (const label of labels) checkLabel(label)
  checkCapabilities(capabilities)
  return {
    ...checkPeer(relay),
    labels,
    capabilities,
    ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
    ...(vouchedBy === '' ? {} : { vouchedBy: checkVoucher(vouchedBy) })
  }
}

function checkVoucher(name: string): string {
  check(utf8Length(name) <= LIMITS.maxVoucherBytes && name === plainText(name), 'a voucher out of range')
  return name
}

function checkShortfall(shortfall: wire.Shortfall): RouteShortfall {
  const reason = SHORTFALL_REASONS.find(known => known === shortfall.reason)
  if (reason === undefined) throw new MalformedMessageError('a shortfall of routes for an unknown reason')
  return {
    reason,
    relays: shortfall.relays.map(checkPeerId),
    links: shortfall.links.map(({ from, to }) => [checkPeerId(from), checkPeerId(to)]),
    message: plainText(shortfall.message)
  }
}

function checkItem({ name, rootHash, record }: wire.CatalogItem): void {
  parseContentName(name)
  checkRootHash(rootHash)
  checkRecord(record)
}

function toWireRelay(relay: RouteRelay): wire.RouteRelay {
  return { ...relay, vouchedBy: relay.vouchedBy ?? '' }
}

function toWireItem({ name, rootHash, record }: CatalogItem): wire.CatalogItem {
  return { name, rootHash: toPlainBytes(rootHash), record: toPlainBytes(record) }
}

function toWireListed({ name, rootHash, sizeBytes, sources }: ListedContent): wire.ListedContent {
  return { name, rootHash: toPlainBytes(rootHash), sizeBytes, sources }
}

function toPlainBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
