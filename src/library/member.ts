import { setTimeout as delay } from 'node:timers/promises'
import { DirectorTimeoutError } from '../discovery/director-errors.ts'
import { DirectorSession, type DirectorSessionOptions } from '../discovery/director-session.ts'
import type { OverlayNode } from '../transport/node.ts'
import { directorAddresses, type NodeSettings } from './node-settings.ts'

/** Milliseconds within which a director has to know a node that starts, where nothing else is said. */
const DEFAULT_PATIENCE_MS = 30_000

/** What sources and relays have in common. */
export interface MemberSettings extends NodeSettings {
  /** Addresses of the directors to register with, as `HOST:PORT` or multiaddrs. Default: none. */
  directors?: readonly string[]
  /** The token that the directors want to see; their addresses then have to end in their peer ids. */
  token?: string
  /** Words that directors tell those who ask; `operator=NAME` keeps routes of one fetch from two relays with it. */
  labels?: readonly string[]
  /** Milliseconds within which a director has to know the node when it starts. Default 30 s. */
  patienceMs?: number
  /** Hears of trouble that does not end the node, such as a director that is lost and tried again. */
  onProblem?(error: Error): void
}

/** A registration with directors that can be waited for. */
export interface Registration {
  session: DirectorSession
  /**
   * Registers. Resolves once a director knows the node, its contents and its first round trips, so that it would answer
   * whoever asks; at once where there is no director. Throws the last problem where that takes too long.
   */
  start(): Promise<void>
}

/** Prepares the registration of a node. Throws UsageError for what is no address, and TokenExposedError. */
export function registrationOf(
  node: OverlayNode,
  { directors, token, labels = [], patienceMs = DEFAULT_PATIENCE_MS, onProblem }: MemberSettings,
  own: Pick<DirectorSessionOptions, 'role' | 'catalog' | 'capacityBytesPerSecond' | 'load'>
): Registration {
  const known = Promise.withResolvers<void>()
  let problem: Error = new DirectorTimeoutError(patienceMs)
  const session = new DirectorSession(node, {
    ...own,
    directors: directorAddresses(directors),
    labels,
    ...(token === undefined ? {} : { token }),
    onRegistered: () => known.resolve(),
    onProblem: error => {
      problem = error
      onProblem?.(error)
    }
  })
  const start = async (): Promise<void> => {
    session.start()
    if (!session.hasDirectors) return
    const patience = new AbortController()
    const late = delay(patienceMs, undefined, { signal: patience.signal }).then(() => {
      throw problem
    })
    try {
      await Promise.race([known.promise, late])
    } finally {
      late.catch(() => {})
      patience.abort()
    }
  }
  return { session, start }
}
