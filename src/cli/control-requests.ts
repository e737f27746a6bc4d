import { type FetchControl, FetchControlError, type FetchSnapshot } from '../client/fetch-control.ts'
import { AnabranchError } from '../errors.ts'
import { parsePeerAddress } from '../transport/peer-address.ts'

/** One line from a program that controls a fetch; see docs/control.md. */
export type ControlRequest =
  | { command: 'show' | 'pause' | 'resume' }
  /** A pattern such as `AAB`, or `auto`. */
  | { command: 'pattern'; pattern: string }
  | { command: 'park' | 'unpark'; route: string }
  /** Addresses that end in peer ids. */
  | { command: 'route'; relays: string[]; source?: string }
  | { command: 'latency'; ms: number | null }
  | { command: 'max-rate'; bytesPerSecond: number | null }

/** The line that answers a request. */
export type ControlAnswer = { ok: true; state: FetchSnapshot } | { ok: false; code: string; message: string }

type Fields = Record<string, unknown>

const COMMANDS: Record<ControlRequest['command'], (control: FetchControl, request: Fields) => void> = {
  show: () => {},
  pattern: (control, request) => {
    const pattern = textOf(request, 'pattern')
    if (pattern === 'auto') control.unpin()
    else control.pin(pattern)
  },
  park: (control, request) => control.park(textOf(request, 'route')),
  unpark: (control, request) => control.unpark(textOf(request, 'route')),
  route: (control, request) => {
    const { relays, source } = request
    if (!Array.isArray(relays) || relays.length === 0 || !relays.every(relay => typeof relay === 'string'))
      throw new FetchControlError('relays has to be a list of addresses')
    const to = source === undefined ? undefined : parsePeerAddress(textOf(request, 'source'))
    control.addRoute(relays.map(parsePeerAddress), to)
  },
  latency: (control, request) => control.setLatency(numberOf(request, 'ms')),
  'max-rate': (control, request) => control.setMaxRate(numberOf(request, 'bytesPerSecond')),
  pause: control => control.pause(),
  resume: control => control.resume()
}

/** Carries out one line, and returns the one that answers it. */
export function answerTo(line: string, control: FetchControl): ControlAnswer {
  try {
    const request = fieldsOf(line)
    const { command } = request
    if (typeof command !== 'string' || !Object.hasOwn(COMMANDS, command))
      throw new FetchControlError(`the command has to be one of ${Object.keys(COMMANDS).join(', ')}`)
    COMMANDS[command as ControlRequest['command']](control, request)
    return { ok: true, state: control.show() }
  } catch (error) {
    const code = error instanceof AnabranchError ? error.code : 'ERR_INTERNAL'
    return { ok: false, code, message: (error as Error).message }
  }
}

function fieldsOf(line: string): Fields {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Fields
  } catch {
    // What is no JSON is answered as what is no object.
  }
  throw new FetchControlError('a request is one JSON object a line')
}

function textOf(request: Fields, key: string): string {
  const value = request[key]
  if (typeof value === 'string') return value
  throw new FetchControlError(`${key} has to be a text`)
}

/** Undefined for null, which means none. */
function numberOf(request: Fields, key: string): number | undefined {
  const value = request[key]
  if (value === null) return undefined
  if (typeof value === 'number') return value
  throw new FetchControlError(`${key} has to be a number, or null for none`)
}
