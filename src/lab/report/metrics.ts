import { formatMs, formatShare } from '../format.ts'
import type { MeansFigures } from './figures.ts'

/** A figure of a measurement that can be compared between runs. */
export interface Metric {
  /** Name in CSV files, with its unit. */
  name: string
  title: string
  /** Unset where the measurement has no such figure. */
  value(row: MeansFigures): number | undefined
  text(value: number): string
}

const number3 = (value: number) => value.toFixed(3)
const seconds = (value: number) => `${value.toFixed(2)} s`

/** Every figure of a measurement, in the order of the table. */
export const METRICS: readonly Metric[] = [
  { name: 'seconds', title: 'time', value: row => row.seconds, text: seconds },
  {
    name: 'goodput_mbit_s',
    title: 'goodput',
    value: row => (row.goodputBytesPerSecond * 8) / 1e6,
    text: value => `${value.toFixed(2)} Mbit/s`
  },
  { name: 'efficiency', title: 'efficiency', value: row => row.efficiency, text: number3 },
  { name: 'longest_stall_ms', title: 'longest stall', value: row => row.longestStallMs, text: formatMs },
  { name: 'wire_overhead', title: 'wire / content', value: row => row.wireOverhead, text: number3 },
  {
    name: 'skipped_bytes',
    title: 'skipped',
    value: row => row.live?.skippedBytes,
    text: value => `${Math.round(value)} B`
  },
  { name: 'delay_p50_ms', title: 'delay 50 %', value: row => row.live?.delayMs.median, text: formatMs },
  {
    name: 'delay_p99_ms',
    title: 'delay 99 %',
    value: row => row.live?.delayMs.percentile99,
    text: formatMs
  },
  {
    name: 'delay_p999_ms',
    title: 'delay 99.9 %',
    value: row => row.live?.delayMs.percentile999,
    text: formatMs
  },
  { name: 'start_up_ms', title: 'start-up', value: row => row.play?.startUpMs, text: formatMs },
  {
    name: 'rebuffers',
    title: 'rebuffers',
    value: row => row.play?.rebuffers.length,
    text: value => String(Math.round(value * 10) / 10)
  },
  { name: 'idle_share', title: 'idle processors', value: row => row.idleShare, text: formatShare }
]
