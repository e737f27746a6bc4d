import { ExitCode } from '../errors.ts'
import type { Reporter } from './reporter.ts'
import { onEndSignal } from './signals.ts'

/**
 * Time in milliseconds that a daemon gets to stop in good order; after it the daemon is ended all
 * the same.
 */
const STOP_PATIENCE_MS = 10_000

export interface DaemonAddresses {
  role: string
  peerId: string
  /** Multiaddrs, each ending in the peer id. */
  addresses: string[]
}

/**
 * Writes the first line of every daemon on stdout: where it listens. Where it has no address to
 * tell, it says so.
 */
export function announceListening(reporter: Reporter, { role, peerId, addresses }: DaemonAddresses): void {
  const text = `${role} listens on ${addresses.join(' ')}`
  reporter.data({ event: 'listening', role, peerId, addresses }, text)
  if (addresses.length > 0) return
  const message =
    'no network interface has an address that others could be told; bring the network up and start again, or give --announce'
  reporter.tell({ event: 'problem', message }, message)
}

/** Reads something again at each SIGHUP. Where that fails, the daemon says so and goes on as before. */
export function onHangUp(reporter: Reporter, readAgain: () => Promise<void>): void {
  process.on('SIGHUP', () => {
    readAgain().catch(error => reporter.fail(error))
  })
}

/** Runs until SIGTERM or Ctrl-C, then stops in good order. Resolves with the exit code. */
export async function runUntilSignal(reporter: Reporter, stop: () => Promise<void>): Promise<number> {
  const signalled = Promise.withResolvers<void>()
  onEndSignal(() => signalled.resolve())
  await signalled.promise
  reporter.tell({ event: 'stopping' }, 'stopping; once more to quit at once')
  const patience = Promise.withResolvers<void>()
  const timer = setTimeout(() => patience.resolve(), STOP_PATIENCE_MS)
  await Promise.race([stop(), patience.promise])
  clearTimeout(timer)
  return ExitCode.ok
}
