import type { Client } from '../client/client.ts'
import { fetchMany } from '../client/fetch-many.ts'
import { UsageError } from '../errors.ts'
import type { NamePattern } from '../library/name-pattern.ts'
import { startClient } from './client-start.ts'
import type { CommandContext } from './command.ts'
import { ControlDoor } from './control-door.ts'
import type { AskedNames } from './fetch-names.ts'
import { openOutput } from './fetch-output.ts'
import { serveFetchPage } from './fetch-page.ts'
import { attendStops } from './fetch-screen.ts'
import { commonRequest, type FetchValues } from './fetch-settings.ts'
import type { FetchSpans } from './fetch-spans.ts'
import { directoryOf, makeFolders, targetBelow } from './fetch-targets.ts'
import { ManyScreen } from './many-screen.ts'
import { ManyStory, Target } from './many-story.ts'
import type { Reporter } from './reporter.ts'
import { InterruptedError, onEndSignal } from './signals.ts'
import { openTraces } from './traces.ts'

const ADVICE = 'what came is kept, run the same command again to go on'

type Request = Parameters<typeof fetchMany>[1]['request']

/**
 * Fetches several contents to below one directory, with one client. A pattern that is the name of
 * one content, and all that is asked for, is left to `fetchOne`. Resolves with the exit code of the
 * first failure, or 0.
 */
export async function runFetchMany(
  values: FetchValues,
  context: CommandContext,
  asked: AskedNames,
  fetchOne: (name: string) => Promise<number>
): Promise<number> {
  const { reporter } = context
  refuseForMany(values)
  const interrupted = new AbortController()
  const undo = onEndSignal(signal => interrupted.abort(new InterruptedError(signal, ADVICE)))
  const { client, question } = await startClient(values, context)
  const request = { ...commonRequest(values), ...question, signal: interrupted.signal }
  try {
    const contents = await resolve(client, asked, request, reporter)
    const [first, ...others] = contents
    const isName =
      asked.names.length === 0 && asked.patterns.length === 1 && asked.patterns[0]!.text === first?.name
    if (isName && others.length === 0) return await fetchOne(first.name)
    const directory = directoryOf(values.output)
    const targets = contents.map(
      (content, place) => new Target(content, targetBelow(directory, content.name), place)
    )
    return await fetchTargets(client, targets, request, values, context)
  } finally {
    await client.stop()
    undo()
  }
}

/** Finds what the patterns stand for; each name comes once. Throws NothingFitsError, and what Client.list throws. */
async function resolve(
  client: Client,
  { names, patterns }: AskedNames,
  request: Request,
  reporter: Reporter
): Promise<{ name: string; sizeBytes?: number }[]> {
  const contents = new Map<string, { name: string; sizeBytes?: number }>(names.map(name => [name, { name }]))
  const listOne = async (pattern: NamePattern) => await client.list({ ...request, pattern })
  for (const list of await Promise.all(patterns.map(listOne))) {
    if (list.isComing)
      reporter.note('a source is still indexing its files: there may be more than is listed now')
    for (const { name, sizeBytes } of list.contents)
      contents.set(name, sizeBytes === undefined ? { name } : { name, sizeBytes })
  }
  return [...contents.values()]
}

async function fetchTargets(
  client: Client,
  targets: readonly Target[],
  request: Request & { signal: AbortSignal },
  values: FetchValues,
  { reporter, terminal, environment }: CommandContext
): Promise<number> {
  const door = new ControlDoor(environment, reporter)
  const page = await serveFetchPage(values, door.control, reporter)
  const screen = new ManyScreen(reporter, terminal)
  const leaveTerminal = attendStops(screen)
  const story = new ManyStory(reporter, screen, targets.length, performance.now())
  const traces = await openTraces(environment)
  const spans = new Map<Target, FetchSpans>()
  const spansOf = (target: Target): FetchSpans | undefined => {
    const known = spans.get(target) ?? traces?.begin()
    if (known) spans.set(target, known)
    return known
  }
  try {
    await fetchMany(client, {
      contents: targets,
      request: { ...request, control: door.control },
      openOutput: async (target, record) => {
        makeFolders(target.path)
        const output = await openOutput({ record }, target.path, values, reporter, request.signal, 1)
        story.opened(target, output)
        spansOf(target)?.found(record)
        return output
      },
      onEvent: (target, event) => {
        door.handle(event)
        page?.tell(target.name, event)
        spansOf(target)?.handle(event)
        story.event(target, event, performance.now())
      },
      onDone: (target, summary) => {
        spansOf(target)?.end()
        story.done(target, summary)
      },
      onFailed: (target, error) => {
        spansOf(target)?.end(error)
        story.failed(target, error)
      }
    })
  } finally {
    door.close()
    await page?.stop()
    leaveTerminal()
    screen.close()
    story.conclude(performance.now())
    await traces?.send()
  }
  return story.exitCode
}

/** Throws UsageError where a flag is of one content only. */
function refuseForMany({ root, record, range, sha256 }: FetchValues): void {
  const given = { '--root': root, '--record': record, '--range': range, '--sha256': sha256 }
  const flag = Object.entries(given).find(([, value]) => value !== undefined)?.[0]
  if (flag !== undefined) throw new UsageError(`${flag} is for one content, not for several`)
}
