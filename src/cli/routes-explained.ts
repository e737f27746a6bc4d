import type { RouteAnswer } from '../discovery/director-client.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatRate } from '../units/units.ts'

type Explained = Pick<RouteAnswer, 'routes' | 'shortfall'>
type Shortfall = NonNullable<RouteAnswer['shortfall']>

/** What stands in the way of further routes, by the shortfall's reason. */
const OBSTACLES: Record<string, string> = {
  'no-relay': 'no relay is there that takes new routes: start one, or wait for one',
  'source-unlinked':
    'the source and the relays do not reach each other: check addresses and firewalls with source check',
  'client-unlinked': 'no relay that this client may use is there: leave --neighbor out, or name others',
  'not-joined': 'the relays near the source and those near this client do not reach each other',
  'same-network':
    'further relays are of a network or operator that is used already: --same-network takes them, too'
}

/**
 * Draws each route from the client to its source, with what the director tells of it, and says what
 * stands in the way of further routes. `wanted`: how many were asked for.
 */
export function explainRoutes({ routes, shortfall }: Explained, wanted: number): string[] {
  const drawn = routes.flatMap(({ relays, source, costMs }, at) => [
    `${letterOf(at)}  cost ${costMs.toFixed(1)} ms`,
    '     client',
    ...relays.map(relay => `       -> relay ${relayText(relay)}`),
    `       -> source ${shortPeer(source.peerId)}`
  ])
  const head = `${routes.length} of ${wanted} routes at most`
  return [
    head,
    ...drawn,
    ...(routes.length === 0
      ? []
      : ['A cost is a sum of round trips, with penalties of the director; it tells neither apart.']),
    ...(shortfall
      ? ['In the way of a further route:', ...obstacles(shortfall, routes).map(line => `  ${line}`)]
      : [])
  ]
}

/** Why there are no more routes, in one line. */
export function shortfallText({ reason, relays, links, message }: Shortfall): string {
  const shared = [
    ...relays.map(relay => `relay ${shortPeer(relay)}`),
    ...links.map(([from, to]) => `the link ${shortPeer(from)} - ${shortPeer(to)}`)
  ]
  if (reason !== 'shared' || shared.length === 0) return `why there are no more: ${message}`
  return `these are all that there are: every further route would share ${shared.join(' or ')}`
}

function relayText({
  peerId,
  capacityBytesPerSecond,
  labels,
  vouchedBy = ''
}: Explained['routes'][number]['relays'][number]) {
  const facts = [
    capacityBytesPerSecond === undefined ? 'no limit told' : `at most ${formatRate(capacityBytesPerSecond)}`,
    ...labels,
    ...(vouchedBy === '' ? [] : [`vouched for by ${vouchedBy}`])
  ]
  return `${shortPeer(peerId)} (${facts.join(', ')})`
}

function obstacles({ reason, relays, links, message }: Shortfall, routes: Explained['routes']): string[] {
  const shared = [
    ...relays.map(relay => `relay ${shortPeer(relay)}${usedBy(relay, routes)}`),
    ...links.map(([from, to]) => `the link ${shortPeer(from)} - ${shortPeer(to)}`)
  ]
  if (reason !== 'shared') return [OBSTACLES[reason] ?? message]
  if (shared.length === 0) return ['the way straight to a source, which is used already']
  const advice = 'two routes never share a relay or a link; start another relay to have one more'
  return [...shared, advice]
}

function usedBy(peerId: string, routes: Explained['routes']): string {
  const letters = routes.flatMap(({ relays }, at) =>
    relays.some(relay => relay.peerId === peerId) ? letterOf(at) : []
  )
  return letters.length === 0 ? '' : `, which route ${letters.join(', ')} uses`
}

function letterOf(at: number): string {
  return String.fromCharCode(65 + at)
}
