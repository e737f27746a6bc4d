import { AnabranchError, ExitCode } from '../errors.ts'

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type EndSignal = (typeof END_SIGNALS)[number]

type Handler = (signal: EndSignal) => void

/** A signal has ended a command before it was done. */
export class InterruptedError extends AnabranchError {
  /** `advice` says what is left, and what to do. */
  constructor(signal: EndSignal, advice?: string) {
    super('ERR_INTERRUPTED', advice === undefined ? 'Interrupted' : `Interrupted; ${advice}`, {
      exitCode: signal === 'SIGINT' ? ExitCode.signal : ExitCode.interrupted
    })
  }
}

const handlers = new Set<Handler>()
const asked = Promise.withResolvers<void>()
let first: EndSignal | undefined
let hangUp: (() => void) | undefined

/**
 * Takes the signals that ask for the end from now on, and keeps the first one until somebody
 * listens; a second one ends the process at once. To be called before anything else is loaded: by
 * default a signal ends the process without a word.
 */
export function holdSignals(): void {
  for (const signal of END_SIGNALS) process.on(signal, take)
  // By default Node opens a port for a debugger.
  process.on('SIGUSR1', () => {})
}

/** Resolves when a signal has asked this process to end. */
export function endAsked(): Promise<void> {
  return asked.promise
}

/** Whether a signal has asked this process to end. */
export function endIsAsked(): boolean {
  return first !== undefined
}

/** Calls back at the first signal that asks for the end, also if it has come already. Returns a function that stops this. */
export function onEndSignal(handler: Handler): () => void {
  handlers.add(handler)
  if (first !== undefined) handler(first)
  return () => handlers.delete(handler)
}

/** Calls back at each SIGHUP, which then does not ask for the end; the last one that is given is called. */
export function onHangUp(handler: () => void): void {
  hangUp = handler
}

/** Asks this process to end, as the signal would. */
export function askForEnd(signal: EndSignal): void {
  if (first !== undefined) {
    // Nobody types a SIGHUP: a terminal that is closed may send two.
    if (signal === 'SIGHUP') return
    process.exit(ExitCode.signal)
  }
  first = signal
  asked.resolve()
  for (const handler of handlers) handler(signal)
}

function take(signal: EndSignal): void {
  if (signal === 'SIGHUP' && hangUp !== undefined) hangUp()
  else askForEnd(signal)
}
