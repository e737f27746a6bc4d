import type { SweepRow } from '../design/outcomes.ts'
import type { Transfer } from '../design/transfers.ts'

/** What a transfer of a sweep has measured. */
export type MadeTransfer = Omit<SweepRow, keyof Transfer | 'design' | 'version' | 'startedAt'>

/** Told what some transfers have measured: one, or all that were made over a network while it was up. */
export type Made = (some: readonly (readonly [Transfer, MadeTransfer])[], startedAt: Date) => void
