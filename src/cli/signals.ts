import { ExitCode } from '../errors.ts'

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

let endAsked = false

/** Whether a signal that somebody listens for has asked this process to end. */
export function isEndAsked(): boolean {
  return endAsked
}

/**
 * Calls back at the first of the signals; a second one ends the process at once. Returns a function
 * that stops the listening.
 */
export function onEndSignal(
  handler: (signal: EndSignal) => void,
  signals: readonly EndSignal[] = ['SIGINT', 'SIGTERM']
): () => void {
  let seen = false
  const listener = (signal: EndSignal): void => {
    if (seen) process.exit(ExitCode.signal)
    seen = true
    endAsked = true
    handler(signal)
  }
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
