import { formatRate } from '../units/units.ts'
import type { ContentFacts, Finding, RouteFacts, RouteLimit } from './facts.ts'
import { CHECK_LIMITS } from './limits.ts'

/** Who limits a route, as far as can be told from it and the others. Pure. */
export function limitOf(route: RouteFacts, routes: readonly RouteFacts[]): RouteLimit {
  const { limitBytesPerSecond, rateBytesPerSecond, capacityBytesPerSecond, sharesWith } = route
  const mostBytesPerSecond = Math.max(rateBytesPerSecond, capacityBytesPerSecond)
  if (limitBytesPerSecond !== undefined && mostBytesPerSecond >= CHECK_LIMITS.atLimit * limitBytesPerSecond)
    return 'relay'
  if (sharesWith.length > 0) return isAtTheEnds(route, routes) ? 'ends' : 'shared'
  const queueMs = (route.loadedRttMs ?? 0) - (route.rttMs ?? 0)
  return queueMs >= CHECK_LIMITS.standingQueueMs ? 'path' : 'unknown'
}

/** What is wrong with the routes to a content, and what limits them. Pure. */
export function contentFindings(content: ContentFacts): Finding[] {
  const working = content.routes.filter(({ bytes }) => bytes > 0)
  const dead = content.routes.filter(({ bytes }) => bytes === 0)
  return [
    ...(working.length === 0 && content.bytes > 0 ? [noRouteOf(content)] : []),
    ...shortfallOf(content),
    ...(content.isComplete ? [] : dead.flatMap(deadOf)),
    ...working.flatMap(lossOf),
    ...working.filter(route => limitOf(route, content.routes) === 'relay').map(relayLimitOf),
    ...sharedOf(content.routes)
  ]
}

/** The time that the whole content takes at the rate that was found, in seconds; undefined without a rate. */
export function secondsForAll({ bytes, rateBytesPerSecond }: ContentFacts): number | undefined {
  return rateBytesPerSecond > 0 ? bytes / rateBytesPerSecond : undefined
}

/** All routes that bring something share one bottleneck, and no relay is on two of them. */
function isAtTheEnds({ id, sharesWith }: RouteFacts, routes: readonly RouteFacts[]): boolean {
  const working = routes.filter(({ bytes }) => bytes > 0)
  const group = new Set([id, ...sharesWith])
  return working.every(route => group.has(route.id)) && commonRelays(working).length === 0
}

function commonRelays(routes: readonly RouteFacts[]): string[] {
  const all = routes.flatMap(({ relays }) => [...new Set(relays)])
  return [...new Set(all.filter((relay, at) => all.indexOf(relay) !== at))]
}

function noRouteOf({ failure, measuredMs }: ContentFacts): Finding {
  const why = failure === '' ? `nothing came within ${seconds(measuredMs)}` : failure
  return {
    kind: 'noRoute',
    severity: 'problem',
    what: `no route works: ${why}`,
    remedy:
      'check that the source and the relays run; `relay check` and `source check` say whether they are reached'
  }
}

function shortfallOf({ routesWanted, routesNamed, shortfall }: ContentFacts): Finding[] {
  // Without any route, that none works says it all.
  if (routesNamed >= routesWanted || routesNamed === 0) return []
  return [
    {
      kind: 'shortfall',
      severity: routesNamed < 2 ? 'warning' : 'hint',
      what: `there are no more routes: ${shortfall}`,
      remedy: 'start further relays that both client and source can reach, or ask for fewer with --routes'
    }
  ]
}

/** A route that has brought nothing: its path may swallow long packets, or it was lost before it brought any. */
function deadOf(route: RouteFacts): Finding[] {
  const { isAnswering, hasFallenSilent, openMs, state, reason } = route
  const isSilent = hasFallenSilent || (state !== 'lost' && openMs >= CHECK_LIMITS.swallowedMs)
  if (isAnswering === true && isSilent) {
    return [
      {
        kind: 'pathMtu',
        severity: 'warning',
        what:
          `route ${route.id}: its first node answers short messages, and nothing long comes: a path that swallows ` +
          'long packets, or a node behind it that hangs',
        remedy:
          'let ICMP pass on that path; else lower the MTU of its ends (ip link set dev NAME mtu 1280), clamp the ' +
          'MSS on its router (TCPMSS --clamp-mss-to-pmtu), or set sysctl net.ipv4.tcp_mtu_probing=1 on the senders'
      }
    ]
  }
  return [
    {
      kind: 'deadRoute',
      severity: 'warning',
      what: `route ${route.id} has brought nothing and is ${state}${reason === '' ? '' : `: ${reason}`}`,
      remedy: 'check that its relays run and can be reached, with `relay check` there'
    }
  ]
}

function lossOf(route: RouteFacts): Finding[] {
  const { lossWaitMs } = route
  if (lossWaitMs < CHECK_LIMITS.lossyWaitMs) return []
  return [
    {
      kind: 'losses',
      severity: 'hint',
      what:
        `route ${route.id} seems to lose packets, time and again: segments wait ${Math.round(lossWaitMs)} ms for them; ` +
        'a machine that is too busy looks the same',
      remedy: 'set sysctl net.ipv4.tcp_congestion_control=bbr on source and relays; look for a bad radio link'
    }
  ]
}

function relayLimitOf(route: RouteFacts): Finding {
  return {
    kind: 'relayLimit',
    severity: 'hint',
    what: `route ${route.id} is limited by a relay, which lets it have ${formatRate(route.limitBytesPerSecond!)}`,
    remedy: "have the relay's operator raise --max-rate, or add relays"
  }
}

/** Each group of routes that share a bottleneck, once. */
function sharedOf(routes: readonly RouteFacts[]): Finding[] {
  const groups = new Map<string, RouteFacts[]>()
  for (const route of routes.filter(({ sharesWith }) => sharesWith.length > 0)) {
    const ids = [route.id, ...route.sharesWith].sort()
    groups.set(
      ids.join(),
      routes.filter(({ id }) => ids.includes(id))
    )
  }
  return [...groups.values()].map(group => {
    const names = group.map(({ id }) => id).join(' and ')
    const common = commonRelays(group)
    if (isAtTheEnds(group[0]!, routes)) {
      return {
        kind: 'endsLimit',
        severity: 'hint',
        what: `routes ${names}, which are all, share a bottleneck over different relays: this host's connection or the source's`,
        remedy: 'further relays bring no more here; a faster connection at the end that is full would'
      }
    }
    const where = common.length > 0 ? `; they go over the same relay, ${common.join(' and ')}` : ''
    return {
      kind: 'sharedBottleneck',
      severity: 'hint',
      what: `routes ${names} share a bottleneck: they take from each other${where}`,
      remedy: 'use relays in other networks'
    }
  })
}

/** What a route needs under way at its rate and loaded round trip, in bytes: the most of all routes. */
export function underWayBytesOf({ routes }: ContentFacts): number {
  const all = routes.map(
    ({ capacityBytesPerSecond, loadedRttMs = 0 }) => (capacityBytesPerSecond * loadedRttMs) / 1000
  )
  return Math.round(Math.max(0, ...all))
}

/** How much of what came, for people. */
export function cameText({ isComplete, measuredMs }: ContentFacts): string {
  return isComplete ? `all came in ${seconds(measuredMs)}` : `measured for ${seconds(measuredMs)}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
