import { NodeUnreachedError } from '../discovery/director-errors.ts'
import type { DirectorSession } from '../discovery/director-session.ts'
import { AnabranchError } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import type { MemberStanding } from '../node-page/member-standing.ts'
import type { MEMBER_SETTINGS } from './common-settings.ts'
import type { Reporter } from './reporter.ts'
import type { Values } from './settings.ts'
import { tellReady } from './worker-link.ts'

/** Events by which a source or relay tells of its registration; `standing` hears of it, too. */
export function registrationEvents(reporter: Reporter, standing?: MemberStanding) {
  return {
    onRegistered: (director: string) => {
      standing?.registered()
      reporter.tell({ event: 'registered', director }, `registered with ${director}`)
      tellReady()
    },
    onAttached: (relays: string[]) => {
      standing?.attached(relays.length)
      reporter.tell(
        { event: 'attached', relays },
        relays.length === 0
          ? 'attached to no relay: nobody is led here'
          : `reached through ${relays.length === 1 ? 'a relay' : `${relays.length} relays`} to which this node is attached`
      )
    },
    onProblem: (error: Error) => {
      const { message } = error
      standing?.problem({ message, isUnreached: error instanceof NodeUnreachedError }, Date.now())
      const code = error instanceof AnabranchError ? { code: error.code } : {}
      reporter.tell({ event: 'problem', ...code, message }, `director: ${message}; trying again`)
    }
  }
}

/** The options of a session with directors that a source and a relay have alike, as their flags say. */
export function memberOptions(
  { director, label, reverse, neighbor }: Values<typeof MEMBER_SETTINGS>,
  token: { token?: string },
  reporter: Reporter,
  standing?: MemberStanding
) {
  return {
    directors: director,
    labels: label,
    reverse,
    ...token,
    ...(neighbor.length > 0 ? { neighbors: neighbor } : {}),
    ...registrationEvents(reporter, standing)
  }
}

export interface RegistrationOptions {
  session: DirectorSession
  /** Directory where the node keeps its files. */
  home: string
}

/**
 * Registers once the node has rehearsed, so that nobody is sent to it before. Returns a function
 * that stops this.
 */
export function registerRehearsed(
  reporter: Reporter,
  { session, home }: RegistrationOptions
): () => Promise<void> {
  const stopped = new AbortController()
  const rehearsed = loadAndRehearse(home, stopped.signal)
    .then(() => reporter.tell({ event: 'rehearsed' }, 'rehearsed: ready for the first client', 1))
    // A failed rehearsal is only told, as the node can serve without it.
    .catch(error => {
      if (stopped.signal.aborted) return
      reporter.tell({ event: 'rehearsed', error: error.message }, `no rehearsal: ${error.message}`, 1)
    })
  void rehearsed.then(() => {
    if (stopped.signal.aborted) return
    session.start()
    if (!session.hasDirectors) tellReady()
  })
  return async () => {
    stopped.abort()
    await rehearsed
    await session.stop()
  }
}

async function loadAndRehearse(home: string, signal: AbortSignal): Promise<void> {
  failpoint('member.rehearsal')
  const { rehearse } = await import('./rehearsal.ts')
  await rehearse(home, signal)
}

/** Stops each in turn, even where an earlier one could not be stopped. */
export async function stopAll(...stops: Array<(() => Promise<void>) | undefined>): Promise<void> {
  for (const stop of stops) await stop?.().catch(() => {})
}

export type { DirectorSession }
