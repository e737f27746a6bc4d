import { parseTopology } from '../../topology/topology.ts'
import type { SweepMeans } from '../design/design-schema.ts'
import type { Transfer } from '../design/transfers.ts'
import { type LabResult, runLab } from '../lab-run.ts'
import type { Measurement } from '../measurement.ts'
import type { Made, MadeTransfer } from './made-transfer.ts'

/** Name of the relay of the path that goes first. */
const FIRST_RELAY = 'r1'

/**
 * Makes transfers over real networks, one after the other; those over the same network follow one another while it is
 * up. Throws what `runLab` throws, also where the signal is aborted.
 */
export async function measureTransfers(
  transfers: readonly Transfer[],
  { signal, log }: { signal: AbortSignal; log(line: string): void },
  made: Made
): Promise<void> {
  const networks = Map.groupBy(transfers, ({ topology, repetition }) => `${repetition} ${topology}`)
  for (const some of networks.values()) {
    const startedAt = new Date()
    const text = some[0]!.topology
    const file = 'point.yaml'
    const means = some.map(transfer => transfer.means)
    const peers = means.filter(isPeer)
    const result = await runLab(
      { topology: parseTopology(text, file), traces: new Map(), file, text },
      { peers, peersOnly: !means.includes('anabranch'), firstRelay: FIRST_RELAY, signal, log }
    )
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

function madeOf({ bytes }: Transfer, measured: Measurement, { emulation, story }: LabResult): MadeTransfer {
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
    ...(failure === undefined ? {} : { failure })
  }
}
