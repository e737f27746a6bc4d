import type { DirectorSession } from '../overlay/director-session.ts'
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

/** Stops each in turn, whether or not those before it could be. */
export async function stopAll(...stops: Array<(() => Promise<void>) | undefined>): Promise<void> {
  for (const stop of stops) await stop?.().catch(() => {})
}

export type { DirectorSession }
