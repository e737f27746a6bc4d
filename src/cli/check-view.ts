import type { ContentFacts, DirectorFacts, Finding, RouteFacts } from '../check/facts.ts'
import { cameText, limitOf, secondsForAll } from '../check/route-findings.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, formatRate } from '../units/units.ts'
import { textWidth } from './text-width.ts'

/** The width within which all lines stay. */
const WIDTH = 80

const LIMIT_TEXTS = {
  relay: "a relay's limit",
  shared: 'shared',
  ends: 'one of the ends',
  path: 'its own path',
  unknown: ''
} as const

/** What each director has answered, and what it has found out about this node. */
export function directorLines(directors: readonly DirectorFacts[]): string[] {
  return directors.flatMap(({ director, addresses, verdict }) => [
    ...wrapped(`director ${director}`, ''),
    ...addresses.flatMap(({ address, rttMs, problem, refusal, observed }) => {
      const answer = problem ?? (refusal === undefined ? `answers in ${shown(rttMs)}` : 'refuses')
      const seen = observed === undefined ? [] : wrapped(`sees this host at ${observed}`, '    ')
      return [...wrapped(`${address}  ${answer}`, '  '), ...seen]
    }),
    ...(verdict?.reached ?? []).flatMap(address => wrapped(`reached      ${address}`, '  ')),
    ...(verdict?.unreached ?? []).flatMap(({ address, reason }) =>
      wrapped(`not reached  ${address}: ${reason}`, '  ')
    )
  ])
}

/** The content, each route to it, and what all of them bring together. */
export function contentLines(content: ContentFacts): string[] {
  const { name, bytes, source, routes, routesNamed, routesWanted, rateBytesPerSecond } = content
  const head = `${JSON.stringify(name)}: ${formatBytes(bytes)} at ${shortPeer(source)}, ${routesNamed} of ${routesWanted} routes, ${cameText(content)}`
  if (routes.length === 0) return wrapped(head, '')
  const seconds = secondsForAll(content)
  const whole = seconds === undefined ? '' : `the whole in ${formatDuration(seconds * 1000)}`
  return [
    ...wrapped(head, ''),
    row('', 'state', 'RTT', 'loaded', 'carries', 'came', 'limited by'),
    ...routes.flatMap(route => [routeRow(route, routes), ...wrapped(viaOf(route), '     ')]),
    row('all', '', '', '', '', formatRate(rateBytesPerSecond), whole)
  ]
}

/** A finding for people, with its remedy. */
export function findingLines({ severity, what, remedy }: Finding): string[] {
  return [...wrapped(`${severity}: ${what}`, ''), ...wrapped(`-> ${remedy}`, '   ')]
}

function routeRow(route: RouteFacts, routes: readonly RouteFacts[]): string {
  const { id, state, rttMs, loadedRttMs, capacityBytesPerSecond, rateBytesPerSecond, sharesWith } = route
  const limit = limitOf(route, routes)
  const withWhom = limit === 'shared' ? ` with ${sharesWith.join('+')}` : ''
  return row(
    id,
    state,
    shown(rttMs),
    shown(loadedRttMs),
    formatRate(capacityBytesPerSecond),
    formatRate(rateBytesPerSecond),
    `${LIMIT_TEXTS[limit]}${withWhom}`
  )
}

function row(
  id: string,
  state: string,
  rtt: string,
  loaded: string,
  carries: string,
  came: string,
  limit: string
): string {
  const line = `  ${id.padEnd(3)}${state.padEnd(8)}${rtt.padStart(8)}${loaded.padStart(9)}${carries.padStart(14)}${came.padStart(14)}  ${limit}`
  return line.trimEnd()
}

function viaOf({ relays, lossWaitMs, reason }: RouteFacts): string {
  const via = relays.length === 0 ? 'direct' : `via ${relays.map(shortPeer).join(' -> ')}`
  const losses = lossWaitMs >= 1 ? `; waits ${Math.round(lossWaitMs)} ms for lost packets` : ''
  return `${via}${losses}${reason === '' ? '' : `; ${reason}`}`
}

function shown(ms: number | undefined): string {
  return ms === undefined ? '-' : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`
}

/** The text in lines of at most WIDTH, each but the first two columns deeper; a word that is longer stays whole. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    const isFirst = line.trim() === ''
    if (!isFirst && textWidth(line) + 1 + textWidth(word) > WIDTH) {
      lines.push(line)
      line = `${indent}  ${word}`
    } else line += isFirst ? word : ` ${word}`
  }
  return [...lines, line]
}
