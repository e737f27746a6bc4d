import type { Design } from '../design/design.ts'
import type { SweepRow } from '../design/outcomes.ts'
import { allTransfers, scenariosOf, type Transfer, type TransferChoice } from '../design/transfers.ts'
import type { Made } from './made-transfer.ts'
import { simulateTransfers } from './simulated-transfers.ts'
import type { SweepStore } from './sweep-store.ts'

export interface SweepOptions extends TransferChoice {
  design: Design
  store: SweepStore
  /** Version of the program, for the rows. */
  version: string
  /** Stops the sweep when aborted; what has been made stays. */
  signal: AbortSignal
  /** Takes the progress when transfers have been made. */
  progress(progress: SweepProgress): void
  /** Takes one line of text for each thing that happens in a real lab. */
  log(line: string): void
}

export interface SweepProgress {
  /** Transfers that are made, by earlier calls too. */
  done: number
  total: number
  /** Time in ms until all are made, by the mean time of those that this call has made. */
  leftMs: number
  /** What has been made since the progress before. */
  rows: SweepRow[]
}

/** Makes all transfers of a design that its folder does not have yet, and keeps each as soon as it is made. */
export async function runSweep(options: SweepOptions): Promise<void> {
  const { design, store, version, signal, isSimulated } = options
  const wanted = allTransfers(design, scenariosOf(design, options), isSimulated)
  const had = new Set(store.rows.map(({ key }) => key).filter(key => store.has(key)))
  const left = wanted.filter(({ key }) => !had.has(key))
  const zeroMs = performance.now()
  let made = 0
  const keep: Made = (some, at) => {
    const startedAt = at.toISOString()
    const rows = some.map(([transfer, measured]) => ({
      ...{ design: design.name, version, startedAt },
      ...transfer,
      ...measured
    }))
    for (const row of rows) store.add(row)
    made += rows.length
    const leftMs = ((performance.now() - zeroMs) / made) * (left.length - made)
    options.progress({ done: wanted.length - left.length + made, total: wanted.length, leftMs, rows })
  }
  await makeAll(left, options, keep)
  signal.throwIfAborted()
}

async function makeAll(left: Transfer[], options: SweepOptions, made: Made): Promise<void> {
  const { isSimulated, signal, log } = options
  if (isSimulated) return await simulateTransfers(left, signal, made)
  const { measureTransfers } = await import('./lab-transfers.ts')
  await measureTransfers(left, { signal, log }, made)
}
