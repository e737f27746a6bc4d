import { reasonOf, UnreachableError } from '../transport/failure-reasons.ts'

const NAMED = /\/p2p\/([^/]+)$/

/** What a director is called: its peer id, or its address where that names none. */
export function directorName(address: string): string {
  return NAMED.exec(address)?.[1] ?? address
}

/** By how much a clock is ahead that said `timeMs`, when asked at `sentAtMs` and heard after `rttMs`. */
export function clockAheadMs(timeMs: number, sentAtMs: number, rttMs: number): number {
  return Math.round(timeMs - (sentAtMs + rttMs / 2))
}

/** Why something could not be reached, for people. */
export function problemOf(error: unknown): string {
  return error instanceof UnreachableError ? error.failures[0]!.reason : reasonOf(error)
}
