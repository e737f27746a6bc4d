import type { MadeTransfer, Trial } from '../design/trial.ts'

/** Told what some transfers have measured: one, or all that were made over a network while it was up. */
export type Made<T extends Trial = Trial> = (
  some: readonly (readonly [T, MadeTransfer])[],
  startedAt: Date
) => void
