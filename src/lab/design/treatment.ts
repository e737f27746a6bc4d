import type { CsvCell } from '../csv.ts'
import type { Design } from './design.ts'

/** What a transfer is made with, beside its paths. What is unset is left to the program. */
export interface Treatment {
  sizeBytes: number
  segmentBytes?: number
  memoryBytes?: number
  /** Rate in bytes a second at which the content is made; unset where it is finished. */
  liveBytesPerSecond?: number
  /** Time in ms of all traces at the start. */
  offsetMs?: number
  policy?: string
}

/** All treatments of a design, the policy changing fastest. */
export function treatmentsOf({
  sizes,
  segmentSizes,
  memories,
  liveRates,
  offsets,
  policies
}: Design): Treatment[] {
  let treatments: Treatment[] = sizes.map(sizeBytes => ({ sizeBytes }))
  const each = <T>(values: readonly T[], setting: (value: T) => Partial<Treatment>) => {
    treatments = treatments.flatMap(one => values.map(value => ({ ...one, ...setting(value) })))
  }
  each(segmentSizes, segmentBytes => ({ segmentBytes }))
  each(memories, memoryBytes => ({ memoryBytes }))
  each(liveRates, liveBytesPerSecond => ({ liveBytesPerSecond }))
  each(offsets, offsetMs => ({ offsetMs }))
  each(policies, policy => ({ policy }))
  return treatments
}

/** The treatment alone of what has one. */
export function treatmentOf(has: Treatment): Treatment {
  const { sizeBytes, segmentBytes, memoryBytes, liveBytesPerSecond, offsetMs, policy } = has
  return { sizeBytes, segmentBytes, memoryBytes, liveBytesPerSecond, offsetMs, policy }
}

/** A text that treatments of one design have in common if they are the same. */
export function treatmentKey(has: Treatment): string {
  return JSON.stringify(Object.values(treatmentOf(has)))
}

/** Names of the columns that a treatment has in tables. */
export const TREATMENT_COLUMNS = [
  'policy',
  'size_bytes',
  'segment_bytes',
  'memory_bytes',
  'live_mbit',
  'offset_ms'
]

/** A treatment in these columns. */
export function treatmentCells(has: Treatment): CsvCell[] {
  const { sizeBytes, segmentBytes, memoryBytes, liveBytesPerSecond, offsetMs, policy } = has
  const liveMbit = liveBytesPerSecond === undefined ? undefined : (liveBytesPerSecond * 8) / 1e6
  return [policy, sizeBytes, segmentBytes, memoryBytes, liveMbit, offsetMs]
}
