import type { Transfer } from '../lab/design/transfers.ts'
import type { Row, Trial } from '../lab/design/trial.ts'
import type { SweepProgress } from '../lab/sweep/sweep.ts'
import { formatDuration, formatRate } from '../units/units.ts'
import type { Reporter } from './reporter.ts'

/** Time in ms between two lines of progress for people. */
const PROGRESS_MS = 10_000

/** Tells each transfer of a sweep with --json, and people from time to time how far the sweep is. */
export class ProgressTeller {
  readonly #reporter: Reporter
  #toldAtMs = performance.now()

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  tell({ done, total, leftMs, rows }: SweepProgress): void {
    const nowMs = performance.now()
    const isDue = nowMs - this.#toldAtMs >= PROGRESS_MS || done === total
    if (isDue) this.#toldAtMs = nowMs
    const left = done === total ? '' : `, ${formatDuration(leftMs)} left`
    const leftSeconds = Math.round(leftMs / 1000)
    for (const row of rows) {
      const { design, means, repetition, bytes, seconds, goodputBytesPerSecond, failure } = row
      const { point, paths, sizeBytes = bytes } = row as Row<Trial> & Partial<Transfer>
      const place = point === undefined ? design : `point ${point}, paths ${paths!.join(' + ')}`
      const rate = failure === undefined ? formatRate(goodputBytesPerSecond) : `failed: ${failure}`
      this.#reporter.tell(
        {
          ...{ event: 'transfer', done, total, leftSeconds, design, point, paths, means, repetition },
          ...{ sizeBytes, seconds, goodputBytesPerSecond, failure }
        },
        `${done} of ${total} transfers${left}; ${place}, ${means}: ${rate}`,
        isDue && row === rows.at(-1) ? 0 : 1
      )
    }
  }
}
