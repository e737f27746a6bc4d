import type { Command } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import { parseDuration, parseRate } from '../units/units.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import type { AnsweringFetch } from './control-asking.ts'
import type { ControlRequest } from './control-requests.ts'
import { FETCH_SETTINGS } from './fetch-settings.ts'
import { list } from './settings.ts'

const SETTINGS = {
  source: list({
    value: 'ADDRESS',
    help: 'for route: the source to which the new route leads; default that of the others',
    parse: text => text
  }),
  ...GENERAL_SETTINGS
}

interface Given {
  words: readonly string[]
  source: readonly string[]
}

/** How each command is typed, and what it asks of the fetch. */
const COMMANDS: Record<string, { usage: string; request(given: Given): ControlRequest }> = {
  show: { usage: 'show', request: () => ({ command: 'show' }) },
  pattern: {
    usage: 'pattern AAB|auto',
    request: ({ words }) => ({ command: 'pattern', pattern: words[0]! })
  },
  park: { usage: 'park A', request: ({ words }) => ({ command: 'park', route: words[0]! }) },
  unpark: { usage: 'unpark A', request: ({ words }) => ({ command: 'unpark', route: words[0]! }) },
  route: {
    usage: 'route RELAY[,RELAY]',
    request: ({ words, source: [source, another] }) => {
      if (another !== undefined) throw new UsageError('a route leads to one source; give --source once')
      return { command: 'route', relays: words[0]!.split(','), ...(source === undefined ? {} : { source }) }
    }
  },
  latency: {
    usage: 'latency 500ms|none',
    request: ({ words }) => ({ command: 'latency', ms: orNone(words[0]!, parseDuration) })
  },
  'max-rate': {
    usage: 'max-rate 10mbit|none',
    request: ({ words }) => ({ command: 'max-rate', bytesPerSecond: orNone(words[0]!, parseRate) })
  },
  pause: { usage: 'pause', request: () => ({ command: 'pause' }) },
  resume: { usage: 'resume', request: () => ({ command: 'resume' }) }
}

const USAGES = Object.values(COMMANDS).map(({ usage }) => usage)

/** `client control [FETCH] [COMMAND]`: shows and steers fetches that run. */
export function clientControl(run: CliRun): Command {
  return defineCommand(
    {
      name: 'control',
      summary: 'show and steer a fetch that runs; without arguments, list those that run',
      role: 'client',
      argument: {
        name: 'WORDS',
        help: `process id or content name of a fetch, where several run, and what is wanted of it: ${USAGES.join(', ')}`,
        isOptional: true,
        isMany: true
      },
      settings: SETTINGS,
      alsoInFile: FETCH_SETTINGS,
      run: async ({ source }, { reporter, environment }, ...words) => {
        const { fetch, request } = parseWords(words, source)
        const { controlDirectory } = await import('./control-place.ts')
        const { runningFetches } = await import('./control-asking.ts')
        const fetches = await runningFetches(controlDirectory(environment))
        try {
          if (request) await command(await chosen(fetches, fetch), request, reporter)
          else await listAll(fetches, reporter)
          return ExitCode.ok
        } finally {
          for (const { close } of fetches) close()
        }
      }
    },
    run
  )
}

/** Which fetch is meant, and what is wanted; without a request all are listed. Throws UsageError. */
function parseWords(
  words: readonly string[],
  source: readonly string[]
): { fetch: string | undefined; request: ControlRequest | undefined } {
  const [first] = words
  if (first === undefined) return { fetch: undefined, request: undefined }
  const isCommand = Object.hasOwn(COMMANDS, first)
  const [name = 'show', ...args] = isCommand ? words : words.slice(1)
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!known) throw new UsageError(`there is no command '${name}'; give one of ${USAGES.join(', ')}`)
  if (args.length !== known.usage.split(' ').length - 1)
    throw new UsageError(`the command is '${known.usage}', not '${[name, ...args].join(' ')}'`)
  return { fetch: isCommand ? undefined : first, request: known.request({ words: args, source }) }
}

/** The fetch of this process id or with this content, or the only one. Throws NoFetchError. */
async function chosen(fetches: readonly AnsweringFetch[], text: string | undefined): Promise<AnsweringFetch> {
  const { NoFetchError } = await import('./control-asking.ts')
  const fit = fetches.filter(
    ({ pid, state }) =>
      text === undefined || String(pid) === text || state.contents.some(({ name }) => name === text)
  )
  const [only] = fit
  if (only && fit.length === 1) return only
  if (only)
    throw new UsageError(`say which fetch, by its process id: ${fit.map(({ pid }) => pid).join(', ')}`)
  throw new NoFetchError(
    text === undefined
      ? 'no fetch of this user runs'
      : `no fetch '${text}' of this user runs; client control lists those that do`
  )
}

async function command(
  fetch: AnsweringFetch,
  request: ControlRequest,
  reporter: CommandContext['reporter']
): Promise<void> {
  const { fetchLines } = await import('./control-view.ts')
  const { pid } = fetch
  const state = await fetch.ask(request)
  if (request.command === 'show') reporter.data({ event: 'fetch', pid, ...state }, fetchLines(state))
  else reporter.conclude({ event: 'fetch', pid, ...state }, fetchLines(state))
}

async function listAll(
  fetches: readonly AnsweringFetch[],
  reporter: CommandContext['reporter']
): Promise<void> {
  const { fetchLine } = await import('./control-view.ts')
  if (fetches.length === 0) reporter.note('no fetch of this user runs')
  for (const { pid, state } of fetches)
    reporter.data({ event: 'fetch', pid, ...state }, fetchLine(pid, state))
}

function orNone(text: string, parse: (text: string) => number): number | null {
  return text === 'none' ? null : parse(text)
}
