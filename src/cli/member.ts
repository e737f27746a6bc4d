import type { DirectorSession } from '../discovery/director-session.ts'
import type { Reporter } from './reporter.ts'

/** What a source or relay tells of its registration. */
export function registrationEvents(reporter: Reporter) {
  return {
    onRegistered: (director: string) =>
      reporter.tell({ event: 'registered', director }, `registered with ${director}`),
    onProblem: (error: Error) =>
      reporter.tell({ event: 'problem', message: error.message }, `director: ${error.message}; trying again`)
  }
}

export interface RegistrationOptions {
  session: DirectorSession
  /** Where the node keeps its files. */
  home: string
  /** What else registration waits for. */
  ready?: Promise<unknown>
}

/** Registers once the node has rehearsed, so that nobody is sent to it before. Gives how to stop. */
export function registerRehearsed(
  reporter: Reporter,
  { session, home, ready }: RegistrationOptions
): () => Promise<void> {
  const stopped = new AbortController()
  const rehearsed = import('./rehearsal.ts')
    .then(({ rehearse }) => rehearse(home, stopped.signal))
    .then(() => reporter.tell({ event: 'rehearsed' }, 'rehearsed: ready for the first client', 1))
    // Serving does not depend on it.
    .catch(error => {
      if (stopped.signal.aborted) return
      reporter.tell({ event: 'rehearsed', error: error.message }, `no rehearsal: ${error.message}`, 1)
    })
  void Promise.all([rehearsed, ready]).then(() => {
    if (!stopped.signal.aborted) session.start()
  })
  return async () => {
    stopped.abort()
    await rehearsed
    await session.stop()
  }
}

/** Stops each in turn, whether or not those before it could be. */
export async function stopAll(...stops: Array<(() => Promise<void>) | undefined>): Promise<void> {
  for (const stop of stops) await stop?.().catch(() => {})
}

export type { DirectorSession }
