import {
  DEFAULT_MEMORY_BYTES,
  DEFAULT_PATIENCE_MS,
  LEAST_RATE,
  WATCHED_PATIENCE_MS
} from '../client/defaults.ts'
import type { FetchOptions, LiveStart } from '../client/fetch-options.ts'
import type { RoutePath } from '../client/route-table.ts'
import type { TicketRequest } from '../client/ticket-request.ts'
import { UsageError } from '../errors.ts'
import { Pattern } from '../pattern/pattern.ts'
import { Pace } from '../planner/pace.ts'
import { CUT_OVER_MODES, type CutOverMode, FAIR_MODES, type FairMode } from '../planner/planner.ts'
import { DEFAULT_POLICY, POLICY_NAMES } from '../planner/policies/names.ts'
import { parseRange } from '../units/byte-range.ts'
import { parseDuration, parseRate } from '../units/units.ts'
import { QUESTION_SETTINGS } from './client-settings.ts'
import { GENERAL_SETTINGS, parseMemory } from './common-settings.ts'
import { pageSettings } from './page-settings.ts'
import { parsePolicy } from './policy-name.ts'
import type { Reporter } from './reporter.ts'
import { list, one, oneOr, toggle, type Values } from './settings.ts'
import { UPLINK_SETTINGS } from './uplink-settings.ts'

const LEAST_PATIENCE_MS = 1_000

/** Flags that say which ways there are besides those that directors name. */
const WAY_SETTINGS = {
  route: list({
    value: 'RELAYS',
    help: 'without a director: addresses of the relays of one route, separated by commas, the nearest first',
    parse: parseRelays
  }),
  source: list({
    value: 'ADDRESS',
    help: 'without a director: address of a source of the content; --route leads to each, without it no relay does',
    parse: text => text
  }),
  discover: toggle('ask the directors and sources that announce themselves on the networks of this host'),
  clear: toggle(
    'for experiments: let relays see and change all that routes carry; the source has to allow it'
  )
}

const LIMIT_SETTINGS = {
  maxRate: one({
    value: 'RATE',
    help: 'most that is fetched a second, of all contents together, such as 40mbit; without it no limit',
    parse: parseLimit
  })
}

/** The flags of every client that fetches: whom it asks, and by which ways contents come. */
export const CLIENT_SETTINGS = {
  ...QUESTION_SETTINGS,
  ...UPLINK_SETTINGS,
  ...LIMIT_SETTINGS,
  ...WAY_SETTINGS
}

/** Their values. */
export type ClientValues = Values<typeof CLIENT_SETTINGS>

/** The flags of `client fetch`. */
export const FETCH_SETTINGS = {
  output: one({
    value: 'PATH',
    short: 'o',
    help: "where to put the content: a file, a directory, or - for stdout; default the content's base name, here",
    parse: text => text
  }),
  inputFile: one({
    value: 'LIST',
    short: 'i',
    help: 'file with names of contents, one a line; - for stdin',
    parse: text => text
  }),
  range: one({
    value: 'FROM-TO',
    help: 'only these bytes, counted from 0 and TO included as with curl: 0-499, 100MB-200MB, 5GB- to the end, -1MB for the last ones',
    parse: parseRange
  }),
  sha256: one({
    value: 'HEX',
    help: 'SHA-256 of the whole content that is wanted, 64 hexadecimal digits; nothing else is put in place',
    parse: parseSha256
  }),
  checksum: toggle('make the SHA-256 of what was fetched, and tell it at the end'),
  createDirs: toggle('make the directories that the output needs; those of -o DIR/ are made in any case'),
  force: toggle('replace files that are there'),
  ...QUESTION_SETTINGS,
  ...UPLINK_SETTINGS,
  policy: one({
    value: 'NAME',
    help: `who decides which segment travels which route: ${POLICY_NAMES.join(', ')}; default ${DEFAULT_POLICY}`,
    words: POLICY_NAMES,
    parse: parsePolicy
  }),
  pattern: one({
    value: 'AAB',
    help: 'pattern that is kept, for the policy fixed',
    parse: parsePattern
  }),
  fair: one({
    value: 'MODE',
    help: 'what to take of a bottleneck that others use, too: each (the default), as much as one connection for each route, or coupled, as much as one in all',
    words: FAIR_MODES,
    parse: parseFair
  }),
  cutover: one({
    value: 'MODE',
    help: 'for experiments: when a new pattern applies, async (the default) or sync, once all sources have confirmed it',
    words: CUT_OVER_MODES,
    parse: parseCutover
  }),
  start: one({
    value: 'PLACE',
    help: 'of a live content: where to begin, live (the default), begin, or so long before the live edge, as -30s',
    parse: parseStart
  }),
  latency: one({
    value: 'TIME',
    help: 'of a live content: leave out what is not here so long after it was made; without it that is waited for',
    parse: parseDuration
  }),
  complete: toggle(
    'of a live content: leave nothing out for --latency; wait for what is late, and tell the delay'
  ),
  redundancy: one({
    value: 'N',
    help: 'send each segment over the N best routes at once, for streams that must not wait',
    parse: parseRedundancy
  }),
  memory: oneOr({
    value: 'SIZE',
    help: 'most bytes on their way or waiting for their turn',
    parse: parseMemory,
    fallback: DEFAULT_MEMORY_BYTES,
    fallbackText: `${DEFAULT_MEMORY_BYTES / 1024 ** 2}MiB`
  }),
  ...LIMIT_SETTINGS,
  patience: one({
    value: 'TIME',
    help: `how long to go on without any route: a time such as 90s, or forever; default 10min on a terminal, else 2min`,
    parse: parsePatience
  }),
  wait: toggle('wait for the content until --patience is over, if nobody has it yet'),
  record: one({
    value: 'FILE',
    help: 'write down what the planner saw and decided, for anabranch replay',
    parse: text => text
  }),
  serve: toggle(
    'serve what has come to others who fetch it, too: while it is fetched, and then until Ctrl-C or --serve-for is over'
  ),
  serveFor: one({
    value: 'TIME',
    help: 'with --serve: how long to go on after the fetch, such as 30min; 0s for not at all',
    parse: parseDuration
  }),
  ...WAY_SETTINGS,
  ...pageSettings('the fetch while it runs'),
  ...GENERAL_SETTINGS
}

/** Their values. */
export type FetchValues = Values<typeof FETCH_SETTINGS>

/** What decides whom a fetch asks, and by which ways. */
type AskingValues = ClientValues & Partial<Pick<FetchValues, 'policy' | 'pattern' | 'range' | 'sha256'>>

/** What the flags say of every fetch, whichever content it is of. */
export function commonRequest(values: FetchValues) {
  return {
    ...(values.policy ? { policy: values.policy } : {}),
    ...(values.pattern ? { policy: 'fixed', pattern: values.pattern } : {}),
    ...(values.cutover ? { cutover: values.cutover } : {}),
    ...(values.fair ? { fair: values.fair } : {}),
    ...(values.redundancy ? { redundancy: values.redundancy } : {}),
    ...(values.start ? { start: values.start } : {}),
    ...(values.latency === undefined ? {} : { latencyMs: values.latency }),
    ...(values.complete ? { isComplete: true } : {}),
    memoryBytes: values.memory,
    ...(values.maxRate ? { pace: new Pace(values.maxRate) } : {}),
    wait: values.wait,
    patienceMs: values.patience ?? (process.stderr.isTTY ? WATCHED_PATIENCE_MS : DEFAULT_PATIENCE_MS)
  }
}

/** Tells people what --clear means. */
export function warnOfClear({ clear }: Pick<ClientValues, 'clear'>, reporter: Reporter): void {
  if (clear) reporter.note('warning: routes are not sealed; every relay can read and change what they carry')
}

/** Throws UsageError where what comes to this output cannot be served on. */
export function checkServing({ serve, uplink, range }: FetchValues, isFile: boolean): void {
  if (!serve) return
  if (range) throw new UsageError('--serve is for whole contents; leave out --range')
  if (!isFile) throw new UsageError('--serve needs a file: name one with -o')
  if (uplink.length > 0)
    throw new UsageError(
      '--serve does not go with --uplink: routes are dialled by uplinks, and others cannot come by them'
    )
}

/** Finds out whom to ask, or takes the routes given by hand or by a ticket. Throws UsageError. */
export async function questionOf(
  values: AskingValues,
  ticket?: TicketRequest
): Promise<
  Pick<
    FetchOptions,
    | 'directors'
    | 'otherDirectors'
    | 'routes'
    | 'neighbors'
    | 'neighborhood'
    | 'sameNetwork'
    | 'direct'
    | 'paths'
  >
> {
  const { director, source, routes, sameNetwork, direct, discover } = values
  checkTogether(values, ticket)
  const { parsePeer } = await import('../transport/peer-address.ts')
  const neighbors = values.neighbor.map(parsePeer)
  const paths = source.length === 0 ? ticket?.paths : await givenPaths(values)
  return {
    directors: director,
    ...(ticket ? { otherDirectors: ticket.otherDirectors } : {}),
    routes: source.length === 0 ? routes : Math.max(routes, paths?.length ?? 0),
    sameNetwork,
    direct,
    ...(neighbors.length > 0 ? { neighbors } : {}),
    ...(paths ? { paths } : {}),
    ...(discover ? { neighborhood: await ownNeighborhood() } : {})
  }
}

/** Throws UsageError for flags that do not fit together, and where nobody could be asked. */
function checkTogether(values: AskingValues, ticket: TicketRequest | undefined): void {
  const { director, route, source, policy, pattern, discover, range, sha256 } = values
  if (range && sha256 !== undefined)
    throw new UsageError('--sha256 is of a whole content, not of a --range; leave one of the two out')
  if (pattern !== undefined && (policy ?? 'fixed') !== 'fixed')
    throw new UsageError(`--pattern is for the policy fixed, not ${policy}; leave one of the two out`)
  if (source.length === 0 && route.length > 0)
    throw new UsageError('--route needs --source, the address of the source to which it leads')
  if (source.length > 0 && ticket) throw new UsageError('a ticket names the source; leave out --source')
  if (source.length === 0 && director.length === 0 && !discover && !ticket)
    throw new UsageError('Say where routes come from: --director ADDRESS, --source ADDRESS, or --discover')
}

/** The paths to each source: those of --route, or straight to it. Throws UsageError. */
async function givenPaths({ route, source }: Pick<ClientValues, 'route' | 'source'>): Promise<RoutePath[]> {
  const { parsePeerAddress } = await import('../transport/peer-address.ts')
  const ways = route.length > 0 ? route.map(relays => relays.map(parsePeerAddress)) : [[]]
  const sources = source.map(parsePeerAddress)
  return ways.flatMap(relays => sources.map(to => ({ relays, source: to })))
}

async function ownNeighborhood() {
  // The modules are loaded here, as few fetches need them.
  const { Neighborhood } = await import('../discovery/neighborhood.ts')
  const { interfacesNow } = await import('../transport/interfaces.ts')
  const { ipsInNetworks } = await import('../transport/told-addresses.ts')
  return new Neighborhood(() => ipsInNetworks(interfacesNow()))
}

function parseCutover(text: string): CutOverMode {
  const mode = CUT_OVER_MODES.find(known => known === text)
  if (mode) return mode
  throw new UsageError(`--cutover takes ${CUT_OVER_MODES.join(' or ')}, not '${text}'`)
}

function parseFair(text: string): FairMode {
  const mode = FAIR_MODES.find(known => known === text)
  if (mode) return mode
  throw new UsageError(`--fair takes ${FAIR_MODES.join(' or ')}, not '${text}'`)
}

function parseStart(text: string): LiveStart {
  if (text === 'live' || text === 'begin') return text
  if (text.startsWith('-')) return { backMs: parseDuration(text.slice(1)) }
  throw new UsageError(`--start takes live, begin, or a time before the live edge as -30s, not '${text}'`)
}

function parsePattern(text: string): Pattern {
  try {
    return Pattern.parse(text)
  } catch (error) {
    throw new UsageError((error as Error).message, error)
  }
}

function parseRedundancy(text: string): number {
  const copies = Number(text)
  if (!/^[1-9]$/.test(text))
    throw new UsageError(`--redundancy takes a number of routes from 1 to 9, not '${text}'`)
  return copies
}

function parseRelays(text: string): string[] {
  const relays = text.split(',')
  if (!relays.includes('')) return relays
  throw new UsageError(`'${text}' names no relay where one should stand`)
}

function parseSha256(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase()
  throw new UsageError(`'${text}' is no SHA-256; give its 64 hexadecimal digits`)
}

function parseLimit(text: string): number {
  const rate = parseRate(text)
  if (rate >= LEAST_RATE) return rate
  throw new UsageError(`'${text}' is too little; give 8kbit or more`)
}

function parsePatience(text: string): number {
  if (text.toLowerCase() === 'forever') return Number.POSITIVE_INFINITY
  const patienceMs = parseDuration(text)
  if (patienceMs >= LEAST_PATIENCE_MS) return patienceMs
  throw new UsageError(`'${text}' is too short; give 1s or more, or forever`)
}
