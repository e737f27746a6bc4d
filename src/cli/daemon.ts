import { ExitCode } from '../errors.ts'
import { FILE_LIMITS } from '../transport/limits.ts'
import { openFilesLimit } from '../transport/open-files.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import type { Reporter } from './reporter.ts'
import { askForEnd, endAsked, onEndSignal, onHangUp } from './signals.ts'
import type { answerStatus as answer } from './status-server.ts'

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
 * tell, or may have too few open files, it says so.
 */
export function announceListening(reporter: Reporter, { role, peerId, addresses }: DaemonAddresses): void {
  const text = `${role} listens on ${addresses.join(' ')}`
  reporter.data({ event: 'listening', role, peerId, addresses }, text)
  tellFewFiles(reporter)
  if (addresses.length > 0) return
  const message =
    'no network interface has an address that others could be told; bring the network up and start again, or give --announce'
  reporter.tell({ event: 'problem', message }, message)
}

interface Announced {
  role: string
  home: string
  node: OverlayNode
  metrics: { tell(reporter: Reporter): void } | undefined
}

/**
 * Has a daemon answer `anabranch status`. Returns what to call when the daemon takes its first peers: it tells where the
 * daemon listens, before anything else is told, and where its metrics are. `now`: what it does at the moment.
 */
export async function daemonAnnouncer(
  context: Parameters<typeof answer>[0],
  { role, home, node, metrics }: Announced,
  now: Parameters<typeof answer>[2]
): Promise<() => void> {
  const own = { role, peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) }
  const { answerStatus } = await import('./status-server.ts')
  await answerStatus(context, { ...own, home }, now)
  return () => {
    announceListening(context.reporter, own)
    metrics?.tell(context.reporter)
  }
}

/** Least time in milliseconds between two words on connections that found no place. */
const TELL_FULL_MS = 60_000
const FILES_ADVICE = 'raise the limit with ulimit -n, or LimitNOFILE of systemd'

/** Returns what to call when connections find no place; people are told that once a minute at most. */
export function fullTeller(reporter: Reporter): (open: number) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return open => {
    if (performance.now() - toldAtMs < TELL_FULL_MS) return
    toldAtMs = performance.now()
    const files = openFilesLimit()
    const message = `connections are refused: ${open} are open, for which ${files} open files have room; ${FILES_ADVICE}`
    reporter.tell({ event: 'problem', message }, message)
  }
}

function tellFewFiles(reporter: Reporter): void {
  const files = openFilesLimit()
  if (files >= FILE_LIMITS.enough) return
  const message = `needs about ${FILE_LIMITS.enough} open files when many connect, and may have ${files}: ${FILES_ADVICE}`
  reporter.tell({ event: 'problem', message }, message)
}

/**
 * Prepares a daemon for signals, before it starts: one that comes meanwhile stops it when it has
 * started. SIGHUP ends a daemon whose terminal is closed; as a service it has nothing to read again,
 * unless `rereadOnHangUp` is called, and goes on. `cutShort` ends one that does not stop in time.
 */
export function attendSignals(reporter: Reporter, cutShort: PromiseWithResolvers<number>): void {
  onHangUp(() => {
    if (process.stdin.isTTY) askForEnd('SIGHUP')
    else reporter.note('SIGHUP: there is no file to read again')
  })
  onEndSignal(() => {
    reporter.tell({ event: 'stopping' }, 'stopping; once more to quit at once')
    setTimeout(() => cutShort.resolve(ExitCode.ok), STOP_PATIENCE_MS)
  })
}

/** What is read again at SIGHUP. */
const reread: (() => Promise<void>)[] = []

/**
 * Reads something again at each SIGHUP, besides what is read already. Where that fails, the daemon
 * says so and goes on as before.
 */
export function rereadOnHangUp(reporter: Reporter, readAgain: () => Promise<void>): void {
  reread.push(() => readAgain().catch(error => void reporter.fail(error)))
  onHangUp(() => {
    for (const each of reread) void each()
  })
}

/** Runs until SIGTERM or Ctrl-C, then stops in good order. Resolves with the exit code. */
export async function runUntilSignal(stop: () => Promise<void>): Promise<number> {
  await endAsked()
  await stop()
  return ExitCode.ok
}
