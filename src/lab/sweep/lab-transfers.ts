import type { SweepMeans } from '../design/design-schema.ts'
import type { MadeTransfer, Trial } from '../design/trial.ts'
import { type LabResult, runLab } from '../lab-run.ts'
import type { Measurement } from '../measurement.ts'
import type { Made } from './made-transfer.ts'
import { furtherResults, loadTrial } from './trial-results.ts'

/** Name of the relay of the path that goes first. */
const FIRST_RELAY = 'r1'

/**
 * Makes transfers over real networks, one after the other; those over the same network follow one another while it is
 * up. Throws what `runLab` throws, also where the signal is aborted.
 */
export async function measureTransfers<T extends Trial>(
  transfers: readonly T[],
  { signal, log }: { signal: AbortSignal; log(line: string): void },
  made: Made<T>
): Promise<void> {
  const networks = Map.groupBy(transfers, ({ topology, repetition }) => `${repetition} ${topology}`)
  for (const some of networks.values()) {
    const startedAt = new Date()
    const means = some.map(transfer => transfer.means)
    const peers = means.filter(isPeer)
    const result = await runLab(await loadTrial(some[0]!), {
      peers,
      peersOnly: !means.includes('anabranch'),
      firstRelay: FIRST_RELAY,
      signal,
      log
    })
    const pairs = some.flatMap(transfer => {
      const measured = result.measurements.find(each => each.means === transfer.means)
      return measured ? [[transfer, madeOf(transfer, measured, result)] as const] : []
    })
    made(pairs, startedAt)
  }
}

function isPeer(means: SweepMeans): means is Exclude<SweepMeans, 'anabranch'> {
  return means !== 'anabranch'
}

function madeOf({ bytes }: Trial, measured: Measurement, { emulation, story }: LabResult): MadeTransfer {
  const { completionMs, longestStallMs, wireOverhead, idleShare, lostFrames } = measured
  const failure = measured.failure ?? (measured.identical ? undefined : 'other bytes came than were sent')
  const commandSeconds = completionMs / 1000
  // A client begins with its question to the director: what comes before is the start of a process.
  const told = measured.means === 'anabranch' ? story?.done?.seconds : undefined
  const seconds = told ?? commandSeconds
  return {
    links: emulation,
    seconds,
    commandSeconds,
    goodputBytesPerSecond: failure === undefined ? bytes / seconds : 0,
    ...{ longestStallMs, wireOverhead, idleShare, lostFrames },
    ...furtherResults(measured),
    ...(failure === undefined ? {} : { failure })
  }
}
