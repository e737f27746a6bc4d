import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import type { FetchEvent } from '../client/fetch-events.ts'
import { checkOutputPath } from '../client/output/output-place.ts'
import { outputTarget } from '../client/output/output-target.ts'
import { partialNames } from '../client/output/partial-names.ts'
import { requestOf, type TicketRequest } from '../client/ticket-request.ts'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { isLive } from '../protocol/content-record.ts'
import { clientNodeOptions, wantedContent } from './client-settings.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { askedNames } from './fetch-names.ts'
import { isStdout, openOutput } from './fetch-output.ts'
import { serveFetchPage } from './fetch-page.ts'
import { attendStops, FetchScreen } from './fetch-screen.ts'
import {
  checkServing,
  commonRequest,
  FETCH_SETTINGS,
  type FetchValues,
  questionOf,
  warnOfClear
} from './fetch-settings.ts'
import { makeFolders, targetOf } from './fetch-targets.ts'
import { describe, LostPaths } from './fetch-text.ts'
import type { FetchedOutput } from './fetch-view.ts'
import { onlyTicket } from './given-ticket.ts'
import { withMeantName } from './meant-name.ts'
import { RecordFile } from './record-file.ts'
import type { Reporter } from './reporter.ts'
import { type EndSignal, InterruptedError, onEndSignal } from './signals.ts'
import { readToken } from './token.ts'
import { uplinkOptions } from './uplink-settings.ts'

/** Those of docs/commands.md that a fetch may end with. */
const FETCH_EXIT_CODES = [
  [ExitCode.ok, 'the content is here, whole and verified'],
  [ExitCode.other, 'anything that is not below'],
  [ExitCode.usage, 'wrong usage, or another file is there already'],
  [ExitCode.configuration, 'a configuration file is invalid'],
  [ExitCode.notFound, 'nobody has the content'],
  [ExitCode.network, 'no route, or no director'],
  [ExitCode.integrity, 'the content has changed, or is not what it should be'],
  [ExitCode.interrupted, 'ended by SIGTERM or SIGHUP; the same command goes on'],
  [ExitCode.timeout, 'no answer in time'],
  [ExitCode.disk, 'the output cannot be written, or has no room'],
  [ExitCode.refused, 'refused by a limit or rule of relays or directors'],
  [ExitCode.signal, 'Ctrl-C; the same command goes on']
] as const

/** The fetch was ended by a signal before it was done. */
export class FetchInterruptedError extends InterruptedError {
  /** `partialPath`: where what came is kept, if anything did. `canResume`: whether another run goes on there. */
  constructor(signal: EndSignal, partialPath: string | undefined, canResume: boolean) {
    const advice =
      partialPath !== undefined && existsSync(partialPath)
        ? `what came is kept in ${partialPath}${canResume ? ', run the same command again to resume' : ''}`
        : 'run the same command again'
    super(signal, advice)
  }
}

/** `client fetch NAME`: fetches a content over several routes. */
export function clientFetch(run: CliRun): Command {
  return defineCommand(
    {
      name: 'fetch',
      summary: 'fetch contents over several routes at once; run it again to resume',
      role: 'client',
      argument: {
        name: 'NAME',
        help: 'name of a content, or its ticket; a directory such as photos/ or a glob such as "logs/*.gz" for several',
        isOptional: true,
        isMany: true
      },
      settings: FETCH_SETTINGS,
      examples: [
        'anabranch client fetch holiday/a.mkv --director 192.0.2.7:4001',
        'anabranch client fetch holiday/ -o films/ --director 192.0.2.7:4001',
        'anabranch client fetch a.mkv -o - --director 192.0.2.7:4001 | mpv -'
      ],
      exitCodes: FETCH_EXIT_CODES,
      endsInOrder: true,
      takesStdout: values => values.output !== undefined && isStdout(values.output),
      run: async (values, context, ...names) => {
        const ticket = await onlyTicket(names)
        if (ticket) return await runFetch(values, context, ticket.name, requestOf(ticket))
        const asked = await askedNames(names, values)
        const [only] = asked.names
        if (only !== undefined && !asked.areSeveral) return await runFetch(values, context, only)
        if (values.serve)
          throw new UsageError('--serve is for one content; fetch the others by commands of their own')
        const { runFetchMany } = await import('./fetch-many.ts')
        return await runFetchMany(values, context, asked, name => runFetch(values, context, name))
      }
    },
    run
  )
}

/** Fetches one content, as the flags and the ticket say. Throws what fetchContent throws. */
export async function runFetch(
  values: FetchValues,
  context: CommandContext,
  name: string,
  ticket?: TicketRequest
): Promise<number> {
  const { reporter, terminal, environment } = context
  const { target, isFile, partial, makesFolders } = checkedTarget(name, values)
  const token = await readToken(values, environment)
  const request = await requestFrom(values, reporter, name, ticket)
  const { fetchContent } = await import('../client/client.ts')
  const { ControlDoor } = await import('./control-door.ts')
  const { fetchTraced } = await import('./traces.ts')
  warnOfClear(values, reporter)
  const door = new ControlDoor(environment, reporter)
  const page = await serveFetchPage(values, door.control, reporter)
  const record = recordFor(values, isFile ? target : undefined, reporter)
  // A content that goes to the same terminal would be mixed up with lines that are drawn in place.
  const canDraw = !(isStdout(target) && process.stdout.isTTY)
  const screen = new FetchScreen(reporter, canDraw ? terminal : undefined, environment, values.maxRate)
  const leaveTerminal = attendStops(screen)
  const interrupted = new AbortController()
  const paths = new LostPaths()
  let resumeBytes = 0
  let hasEnd = true
  const undo = onEndSignal(signal =>
    interrupted.abort(new FetchInterruptedError(signal, isFile ? partial : undefined, hasEnd))
  )
  const serving = values.serve ? await serve(values, context, { ...token, ticket }) : undefined
  try {
    await fetchTraced(environment, fetchContent, {
      ...request,
      ...token,
      ...(serving?.request ?? { node: await clientNodeOptions(values, environment) }),
      openOutput: async (record, range) => {
        if (isLive(record)) hasEnd = false
        else screen.setTotal(range ? range.end - range.start : record.sizeBytes)
        if (makesFolders) makeFolders(target)
        const output = await openOutput({ record, range }, target, values, reporter, interrupted.signal)
        await serving?.begin(record, output)
        resumeBytes = output.resumeBytes
        return output
      },
      onEvent: event => {
        if (event.event === 'again') resumeBytes -= event.bytes
        door.handle(event)
        page?.tell(name, event)
        screen.handle(event)
        tellEvent(reporter, event, { target, resumeBytes }, paths)
      },
      ...(record ? { record: line => record.write(line) } : {}),
      control: door.control,
      signal: interrupted.signal
    })
    screen.close()
    await serving?.goOn()
    return ExitCode.ok
  } catch (error) {
    screen.close()
    if (isFile && !interrupted.signal.aborted) tellWhatIsKept(reporter, error, partial, hasEnd)
    const asked = { directors: values.director, ...token, from: request.from }
    throw await withMeantName(error, name, asked, () => namelessNode(values, environment))
  } finally {
    door.close()
    await page?.stop()
    leaveTerminal()
    screen.close()
    record?.close()
    undo()
    await serving?.stop()
  }
}

/** Where the content goes. A typing mistake is told at once, whoever can be reached. Throws UsageError. */
function checkedTarget(name: string, values: FetchValues) {
  const target = targetOf(name, values.output)
  const isFile = target !== '-' && outputTarget(target).kind === 'file'
  const makesFolders = isFile && (values.createDirs || values.output?.endsWith('/') === true)
  if (target !== '-' && !makesFolders) checkOutputPath(target)
  checkServing(values, isFile)
  return { target, isFile, partial: partialNames(target).partial, makesFolders }
}

/** A node besides that of the fetch, which has the identity of the home. */
async function namelessNode(values: FetchValues, environment: NodeJS.ProcessEnv) {
  const { createNode } = await import('../transport/node.ts')
  return await createNode({
    ...(await clientNodeOptions({ ...values, home: undefined }, environment)),
    listen: []
  })
}

/** What the flags and the ticket say of the content and of the ways to it. Throws UsageError. */
async function requestFrom(
  values: FetchValues,
  reporter: Reporter,
  name: string,
  ticket: TicketRequest | undefined
) {
  return {
    name,
    ...(await questionOf(values, ticket)),
    ...uplinkOptions(values, reporter),
    ...(await wantedContent(values)),
    ...(ticket ? { rootHash: ticket.rootHash } : {}),
    clear: values.clear,
    ...commonRequest(values),
    ...(values.range ? { range: values.range } : {})
  }
}

function tellWhatIsKept(reporter: Reporter, error: unknown, partial: string, hasEnd: boolean): void {
  if (!canBeTriedAgain(error) || !existsSync(partial)) return
  const advice = hasEnd ? '; the same command goes on from there' : ''
  reporter.note(`what came is kept in ${partial}${advice}`)
}

function recordFor({ record }: FetchValues, outputPath: string | undefined, reporter: Reporter) {
  return record === undefined ? undefined : new RecordFile(record, outputPath, reporter)
}

/** Starts what serves the content on. The modules are loaded here, as few fetches need them. */
async function serve(
  values: FetchValues,
  context: CommandContext,
  { token, ticket }: { token?: string; ticket: TicketRequest | undefined }
) {
  const { Serving } = await import('./fetch-serve.ts')
  const otherDirectors = ticket?.otherDirectors ?? []
  return await Serving.start(values, context, { otherDirectors, ...(token === undefined ? {} : { token }) })
}

/** Whether the same command may succeed later: not where it is wrong itself, or the bytes are not those that are wanted. */
function canBeTriedAgain(error: unknown): boolean {
  const given: readonly number[] = [ExitCode.usage, ExitCode.integrity]
  return !(error instanceof AnabranchError) || !given.includes(error.exitCode)
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
