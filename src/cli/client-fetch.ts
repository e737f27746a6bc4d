import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { DEFAULT_MEMORY_BYTES, DEFAULT_PATIENCE_MS, WATCHED_PATIENCE_MS } from '../client/defaults.ts'
import type { FetchEvent } from '../client/fetch-events.ts'
import type { FetchOptions } from '../client/fetch-options.ts'
import { outputTarget } from '../client/output/output-target.ts'
import { ExitCode, UsageError } from '../errors.ts'
import { Pattern } from '../pattern/pattern.ts'
import { DEFAULT_POLICY, POLICY_NAMES } from '../planner/policies/index.ts'
import { toHex } from '../protocol/bytes.ts'
import { baseName, parseContentName } from '../protocol/content-name.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatDuration, parseDuration } from '../units/units.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS, parseMemory } from './common-settings.ts'
import { attendStops, FetchScreen } from './fetch-screen.ts'
import {
  describeBottleneck,
  describeLosses,
  describeRoute,
  describeSource,
  describeSummary,
  describeUplink,
  describeWaiting,
  type FetchedOutput
} from './fetch-view.ts'
import { RecordFile } from './record-file.ts'
import type { Reporter, Text } from './reporter.ts'
import { list, one, oneOr, toggle, type Values } from './settings.ts'
import { type EndSignal, InterruptedError, onEndSignal } from './signals.ts'
import { readToken } from './token.ts'
import { UPLINK_SETTINGS, uplinkOptions } from './uplink-settings.ts'

const LEAST_PATIENCE_MS = 1_000

const SETTINGS = {
  output: one({
    value: 'FILE',
    short: 'o',
    help: "where to put the content; - for stdout; default the content's base name, here",
    parse: text => text
  }),
  force: toggle('replace a file that is there'),
  ...QUESTION_SETTINGS,
  ...UPLINK_SETTINGS,
  policy: one({
    value: 'NAME',
    help: `who decides which segment travels which route: ${POLICY_NAMES.join(', ')}; default ${DEFAULT_POLICY}`,
    parse: parsePolicy
  }),
  pattern: one({
    value: 'AAB',
    help: 'pattern that is kept, for the policy fixed',
    parse: parsePattern
  }),
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
  patience: one({
    value: 'TIME',
    help: `how long to go on without any route: a time such as 90s, or forever; default 10min on a terminal, else 2min`,
    parse: parsePatience
  }),
  wait: toggle('wait for the content until --patience is over, if nobody has it yet'),
  route: list({
    value: 'RELAYS',
    help: 'without a director: addresses of the relays of one route, separated by commas, the nearest first',
    parse: parseRelays
  }),
  record: one({
    value: 'FILE',
    help: 'write down what the planner saw and decided, for anabranch replay',
    parse: text => text
  }),
  source: list({
    value: 'ADDRESS',
    help: 'without a director: address of a source of the content; --route leads to each, without it no relay does',
    parse: text => text
  }),
  clear: toggle(
    'for experiments: let relays see and change all that routes carry; the source has to allow it'
  ),
  ...GENERAL_SETTINGS
}

type FetchValues = Values<typeof SETTINGS>

/** The fetch was ended by a signal before it was done. */
export class FetchInterruptedError extends InterruptedError {
  /** `partialPath`: where what came is kept, if anything did. */
  constructor(signal: EndSignal, partialPath: string | undefined) {
    const advice =
      partialPath !== undefined && existsSync(partialPath)
        ? `what came is kept in ${partialPath}, run the same command again to resume`
        : 'run the same command again'
    super(signal, advice)
  }
}

/** `client fetch NAME`: fetches a content over several routes. */
export function clientFetch(run: CliRun): Command {
  return defineCommand(
    {
      name: 'fetch',
      summary: 'fetch a content over several routes at once; run it again to resume',
      role: 'client',
      argument: { name: 'NAME', help: 'name of the content' },
      settings: SETTINGS,
      endsInOrder: true,
      takesStdout: values => values.output !== undefined && isStdout(values.output),
      run: (values, context, name) => runFetch(values, context, parseContentName(name.normalize('NFC')))
    },
    run
  )
}

async function runFetch(
  values: FetchValues,
  { reporter, terminal, environment }: CommandContext,
  name: string
): Promise<number> {
  const target = values.output ?? baseName(name)
  const isFile = target !== '-' && outputTarget(target).kind === 'file'
  const question = await questionOf(values)
  const choice = uplinkOptions(values, reporter)
  const wanted = await wantedContent(values)
  const token = await readToken(values, environment)
  const { fetchContent } = await import('../client/client.ts')
  if (values.clear)
    reporter.note('warning: routes are not sealed; every relay can read and change what they carry')
  const record =
    values.record === undefined
      ? undefined
      : new RecordFile(values.record, isFile ? target : undefined, reporter)
  // A content that goes to the same terminal would be mixed up with lines that are drawn in place.
  const canDraw = !(isStdout(target) && process.stdout.isTTY)
  const screen = new FetchScreen(reporter, canDraw ? terminal : undefined, environment)
  const leaveTerminal = attendStops(screen)
  const interrupted = new AbortController()
  const paths = new LostPaths()
  let resumeBytes = 0
  const undo = onEndSignal(signal =>
    interrupted.abort(new FetchInterruptedError(signal, isFile ? `${target}.part` : undefined))
  )
  try {
    await fetchContent({
      name,
      ...question,
      ...choice,
      ...wanted,
      clear: values.clear,
      ...token,
      ...(values.policy ? { policy: values.policy } : {}),
      ...(values.pattern ? { policy: 'fixed', pattern: values.pattern } : {}),
      ...(values.redundancy ? { redundancy: values.redundancy } : {}),
      memoryBytes: values.memory,
      wait: values.wait,
      patienceMs: values.patience ?? (process.stderr.isTTY ? WATCHED_PATIENCE_MS : DEFAULT_PATIENCE_MS),
      node: await clientNodeOptions(values, environment),
      openOutput: async record => {
        screen.setTotal(record.sizeBytes)
        const output = await openOutput(record, target, values, reporter, interrupted.signal)
        resumeBytes = output.resumeBytes
        return output
      },
      onEvent: event => {
        screen.handle(event)
        tellEvent(reporter, event, { target, resumeBytes }, paths)
      },
      ...(record ? { record: line => record.write(line) } : {}),
      signal: interrupted.signal
    })
    return ExitCode.ok
  } catch (error) {
    screen.close()
    if (isFile && !interrupted.signal.aborted && existsSync(`${target}.part`)) {
      reporter.note(`what came is kept in ${target}.part; the same command goes on from there`)
    }
    throw error
  } finally {
    leaveTerminal()
    screen.close()
    record?.close()
    undo()
  }
}

/** Finds out whom to ask, or takes the routes given by hand. Throws UsageError. */
async function questionOf(
  values: FetchValues
): Promise<Pick<FetchOptions, 'directors' | 'routes' | 'neighbors' | 'sameNetwork' | 'direct' | 'paths'>> {
  const { director, route, source, routes, neighbor, sameNetwork, direct, policy, pattern } = values
  if (pattern !== undefined && (policy ?? 'fixed') !== 'fixed') {
    throw new UsageError(`--pattern is for the policy fixed, not ${policy}; leave one of the two out`)
  }
  if (source.length === 0 && route.length > 0) {
    throw new UsageError('--route needs --source; or leave it out and give --director')
  }
  if (source.length === 0 && director.length === 0) {
    throw new UsageError(
      'Say where routes come from: --director ADDRESS, or --source with or without --route'
    )
  }
  const { parsePeer, parsePeerAddress } = await import('../transport/peer-address.ts')
  if (source.length > 0) {
    const ways = route.length > 0 ? route.map(relays => relays.map(parsePeerAddress)) : [[]]
    const sources = source.map(parsePeerAddress)
    const paths = ways.flatMap(relays => sources.map(source => ({ relays, source })))
    return { directors: [], routes: Math.max(routes, paths.length), paths }
  }
  const neighbors = neighbor.map(parsePeer)
  return { directors: director, routes, sameNetwork, direct, ...(neighbors.length > 0 ? { neighbors } : {}) }
}

/** Whether the content goes to this program's own standard output, under one of its names. */
function isStdout(target: string): boolean {
  if (target === '-') return true
  const found = outputTarget(target)
  return found.kind === 'descriptor' && found.descriptor === 1
}

async function openOutput(
  record: ContentRecord,
  target: string,
  { force, verbose }: Pick<FetchValues, 'force' | 'verbose'>,
  reporter: Reporter,
  signal: AbortSignal
) {
  const { openFileOutput, openStdoutOutput } = await import('../client/output/open-output.ts')
  const { name, sizeBytes, segmentBytes, rootHash, sourcePeerId } = record
  const output = isStdout(target)
    ? openStdoutOutput()
    : await openFileOutput({ name, path: target, force, sizeBytes, segmentBytes, rootHash, signal })
  const { resumeBytes } = output
  const source = verbose > 0 ? sourcePeerId : shortPeer(sourcePeerId)
  const resumed = resumeBytes > 0 ? `, going on from ${formatBytes(resumeBytes)}` : ''
  reporter.tell(
    {
      event: 'content',
      name,
      bytes: sizeBytes,
      segmentBytes,
      rootHash: toHex(rootHash),
      source: sourcePeerId,
      resumeBytes
    },
    `${JSON.stringify(name)}: ${formatBytes(sizeBytes)} at ${source}${resumed}`
  )
  return output
}

function tellEvent(reporter: Reporter, event: FetchEvent, output: FetchedOutput, paths: LostPaths): void {
  // A user can do nothing between a try and its outcome, so the try is not told.
  if (event.event === 'route' && event.state === 'opening') return
  if (reporter.json || event.event !== 'progress') {
    const [text, fromVerbosity] = describe(event, output, paths)
    if (event.event === 'done') reporter.conclude(event, text)
    else reporter.tell(event, text, fromVerbosity)
  }
}

/** The paths that users know to be lost: that another try has failed is no news to them. */
class LostPaths {
  readonly #told = new Set<string>()

  isNews({ state, relays, uplink = '' }: Extract<FetchEvent, { event: 'route' }>): boolean {
    const path = [uplink, ...relays].join()
    if (state === 'open') this.#told.delete(path)
    if (state !== 'lost' || this.#told.has(path)) return false
    this.#told.add(path)
    return true
  }
}

/** The text of an event for people, and the verbosity from which on they see it. */
function describe(
  event: FetchEvent,
  output: FetchedOutput,
  paths: LostPaths
): [text: Text, fromVerbosity: number] {
  switch (event.event) {
    case 'route':
      return [describeRoute(event), paths.isNews(event) ? 0 : 1]
    case 'pattern':
      return [`pattern ${event.pattern} from segment ${event.actual} (predicted ${event.predicted})`, 2]
    case 'reassigned': {
      const { from, to, segments, copy } = event
      return [`${segments} segments ${copy ? 'copied' : 'moved'} from ${from} to ${to}`, 2]
    }
    case 'sharedBottleneck':
      return [describeBottleneck(event), 1]
    case 'waiting':
      return [describeWaiting(event), 0]
    case 'resumed':
      return [`going on after a wait of ${formatDuration(event.waitedMs)}`, 0]
    case 'uplink':
      return [describeUplink(event), 0]
    case 'source':
      return [describeSource(event), 0]
    case 'done':
      return [[...describeSummary(event, output), ...describeLosses(event)], 0]
    case 'progress':
      return ['', 0]
  }
}

function parsePolicy(text: string): string {
  if (POLICY_NAMES.includes(text)) return text
  throw new UsageError(`there is no policy '${text}'; choose one of ${POLICY_NAMES.join(', ')}`)
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

function parsePatience(text: string): number {
  if (text.toLowerCase() === 'forever') return Number.POSITIVE_INFINITY
  const patienceMs = parseDuration(text)
  if (patienceMs >= LEAST_PATIENCE_MS) return patienceMs
  throw new UsageError(`'${text}' is too short; give 1s or more, or forever`)
}
