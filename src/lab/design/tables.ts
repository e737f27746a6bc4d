import { csv } from '../csv.ts'
import type { Outcome, SweepRow } from './outcomes.ts'
import { TREATMENT_COLUMNS, treatmentCells } from './treatment.ts'

/** The transfers of a sweep, one a line, but for their topologies. */
export function rowsCsv(rows: readonly SweepRow[]): string {
  const head = [
    ...['design', 'point', 'paths', 'means', ...TREATMENT_COLUMNS],
    ...['repetition', 'seed', 'version', 'started_at', 'links', 'bytes', 'seconds', 'command_seconds'],
    ...['goodput_mbit', 'longest_stall_ms', 'wire_overhead', 'idle_share', 'lost_frames', 'failure']
  ]
  return csv([
    head,
    ...rows.map(row => [
      ...[row.design, row.point, row.paths.join(' '), row.means, ...treatmentCells(row)],
      ...[row.repetition, row.seed, row.version, row.startedAt, row.links, row.bytes],
      ...[row.seconds, row.commandSeconds, mbit(row.goodputBytesPerSecond), row.longestStallMs],
      ...[row.wireOverhead, row.idleShare, row.lostFrames, row.failure]
    ])
  ])
}

/** The outcomes of a sweep, one scenario a line; all of them have the same number of paths. */
export function outcomesCsv(outcomes: readonly Outcome[]): string {
  const paths = outcomes[0]?.paths ?? []
  const head = [
    ...['design', 'links', 'point', 'order', 'means', ...TREATMENT_COLUMNS],
    ...paths.flatMap((_, index) =>
      ['capacity_mbit', 'round_trip_ms', 'queueing_ms', 'loss', 'jitter_ms', 'alone_mbit'].map(
        name => `path${index + 1}_${name}`
      )
    ),
    ...['repetitions', 'failures', 'seconds', 'goodput_mbit', 'benefit', 'theoretical_benefit'],
    ...['time_ratio', 'time_ratio_to_first']
  ]
  return csv([
    head,
    ...outcomes.map(outcome => [
      ...[outcome.design, outcome.links, outcome.point, outcome.order.join(' '), outcome.means],
      ...treatmentCells(outcome),
      ...outcome.paths.flatMap((path, index) => [
        ...[mbit(path.capacityBytesPerSecond), path.roundTripMs, path.queueingMs, path.loss, path.jitterMs],
        mbit(outcome.aloneBytesPerSecond[index]!)
      ]),
      ...[outcome.repetitions, outcome.failures, outcome.seconds, mbit(outcome.goodputBytesPerSecond)],
      ...[outcome.benefit, outcome.theoreticalBenefit, outcome.timeRatio, outcome.timeRatioToFirst]
    ])
  ])
}

function mbit(bytesPerSecond: number): number {
  return (bytesPerSecond * 8) / 1e6
}
