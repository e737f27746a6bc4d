import type { Row, Trial } from '../design/trial.ts'
import type { Made } from './made-transfer.ts'
import { simulateTransfers } from './simulated-transfers.ts'
import type { SweepStore } from './sweep-store.ts'

export interface SweepOptions<T extends Trial> {
  /** Name of the sweep's design, for the rows. */
  name: string
  /** All transfers that are wanted, by earlier calls too. */
  transfers: readonly T[]
  store: SweepStore<T>
  /** Version of the program, for the rows. */
  version: string
  isSimulated: boolean
  /** Stops the sweep when aborted; what has been made stays. */
  signal: AbortSignal
  /** Takes the progress when transfers have been made. */
  progress(progress: SweepProgress<T>): void
  /** Takes one line of text for each thing that happens in a real lab. */
  log(line: string): void
}

export interface SweepProgress<T extends Trial = Trial> {
  /** Transfers that are made, by earlier calls too. */
  done: number
  total: number
  /** Time in ms until all are made, by the mean time of those that this call has made. */
  leftMs: number
  /** What has been made since the progress before. */
  rows: Row<T>[]
}

/** Makes all transfers that the sweep's folder does not have yet, and keeps each as soon as it is made. */
export async function runSweep<T extends Trial>(options: SweepOptions<T>): Promise<void> {
  const { name, transfers, store, version, signal } = options
  const had = new Set(store.rows.map(({ key }) => key).filter(key => store.has(key)))
  const left = transfers.filter(({ key }) => !had.has(key))
  const zeroMs = performance.now()
  let made = 0
  const keep: Made<T> = (some, at) => {
    const startedAt = at.toISOString()
    const rows = some.map(([transfer, measured]) => ({
      ...{ design: name, version, startedAt },
      ...transfer,
      ...measured
    }))
    for (const row of rows) store.add(row)
    made += rows.length
    const leftMs = ((performance.now() - zeroMs) / made) * (left.length - made)
    options.progress({ done: transfers.length - left.length + made, total: transfers.length, leftMs, rows })
  }
  await makeAll(left, options, keep)
  signal.throwIfAborted()
}

async function makeAll<T extends Trial>(left: T[], options: SweepOptions<T>, made: Made<T>): Promise<void> {
  const { isSimulated, signal, log } = options
  if (isSimulated) return await simulateTransfers(left, signal, made)
  const { measureTransfers } = await import('./lab-transfers.ts')
  await measureTransfers(left, { signal, log }, made)
}
