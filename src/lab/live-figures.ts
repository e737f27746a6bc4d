/** The course of a live content's delivery, in figures. */
export interface LiveFigures {
  /** Bytes that the client did without: of what was made since the first byte that came, or since the begin if it began there. */
  skippedBytes: number
  /** Time in ms from when a byte was made until it was put out, of all bytes that were. */
  delayMs: DelayFigures
}

/** When a part of a live content was made, in ms since its start, and how long after that it was put out. */
export interface LiveDelay {
  madeAtMs: number
  delayMs: number
}

export interface DelayFigures {
  median: number
  percentile99: number
  percentile999: number
}

/** The figures of delays in ms, each for as many bytes as the others; 0 where there are none. */
export function delayFigures(delaysMs: ArrayLike<number>): DelayFigures {
  const sorted = Float64Array.from(delaysMs).sort()
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { median: at(0.5), percentile99: at(0.99), percentile999: at(0.999) }
}
