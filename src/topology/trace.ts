/** Length in ms of the steps in which a trace's rate is followed. */
export const TRACE_STEP_MS = 100
/** Bytes of one delivery opportunity in mahimahi's format. */
const OPPORTUNITY_BYTES = 1500
/**
 * Rate of a step without any opportunity, in bytes a second: about one packet in 1.5 s. `tc` needs
 * a rate above zero.
 */
const LEAST_RATE_BYTES_PER_SECOND = 1000
/** Longest trace, in ms: a day. The length is the number on the last line, and each step takes memory. */
const MAX_TRACE_MS = 24 * 3_600_000

/** A rate over time, which starts again at its end. */
export interface Trace {
  /** Rate in bytes a second in each step of TRACE_STEP_MS. */
  ratesBytesPerSecond: number[]
}

/**
 * Parses Mahimahi's format: one line for each opportunity to deliver 1500 bytes, with its time in
 * ms. The last line's time is the trace's length. Throws RangeError, naming the line that is not
 * such a time.
 */
export function parseTrace(text: string): Trace {
  const times = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map((line, index) => {
      if (!/^\d+$/.test(line))
        throw new RangeError(`line ${index + 1} is no time in ms: '${line.slice(0, 40)}'`)
      return Number(line)
    })
  const lengthMs = times.at(-1) ?? 0
  if (lengthMs === 0) throw new RangeError('a trace needs at least one time after 0 ms')
  if (lengthMs > MAX_TRACE_MS) throw new RangeError('a trace is a day long at most')
  const bytes = new Array<number>(Math.max(1, Math.round(lengthMs / TRACE_STEP_MS))).fill(0)
  for (const [index, timeMs] of times.entries()) {
    if (timeMs < (times[index - 1] ?? 0)) throw new RangeError(`line ${index + 1} goes back in time`)
    const step = Math.min(bytes.length - 1, Math.floor(timeMs / TRACE_STEP_MS))
    bytes[step] = bytes[step]! + OPPORTUNITY_BYTES
  }
  return {
    ratesBytesPerSecond: bytes.map(count =>
      Math.max(LEAST_RATE_BYTES_PER_SECOND, (count * 1000) / TRACE_STEP_MS)
    )
  }
}

/** The trace's rate at a time, in bytes a second. */
export function traceRate(trace: Trace, atMs: number): number {
  const rates = trace.ratesBytesPerSecond
  return rates[Math.floor(atMs / TRACE_STEP_MS + 1e-9) % rates.length]!
}
