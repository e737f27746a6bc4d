import { ExitCode } from '../errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

export type EndSignal = (typeof SIGNALS)[number]

/** Calls back at the first Ctrl-C or SIGTERM; the second one ends the process at once. Returns what undoes it. */
export function onEndSignal(handler: (signal: EndSignal) => void): () => void {
  let seen = false
  const listener = (signal: EndSignal): void => {
    if (seen) process.exit(ExitCode.signal)
    seen = true
    handler(signal)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}
