/** What one means brought over all paths at once, and over each of them alone. */
export interface Goodputs {
  /**
   * G: content bytes / time from the first packet of the transfer to its last byte, in bytes a second; 0 for a transfer
   * that failed.
   */
  together: number
  /** The same of the same means over each path alone. */
  alone: readonly number[]
}

/**
 * The aggregation benefit (Kaspar 2012; as normalised by Paasch et al., CoNEXT 2013): -1 for nothing, 0 for what the
 * best path brings alone, 1 for the sum of all paths, and more where that is exceeded. With Gi = `alone`, Gmax their
 * greatest and G = `together` it is (G - Gmax) / (sum Gi - Gmax) if G >= Gmax, else (G - Gmax) / Gmax. With the
 * goodputs of each path alone it is the experimental benefit, with capacities the theoretical one. Undefined where the
 * best path brings nothing, or where G is not less than it and the other paths bring nothing.
 */
export function aggregationBenefit({ together, alone }: Goodputs): number | undefined {
  const best = Math.max(...alone)
  const others = alone.reduce((sum, rate) => sum + rate, 0) - best
  if (!(best > 0)) return undefined
  if (together < best) return (together - best) / best
  return others > 0 ? (together - best) / others : undefined
}

/** Time over one path / time over all: above 1 the paths together were faster. */
export function timeRatio(singleSeconds: number, togetherSeconds: number): number {
  return singleSeconds / togetherSeconds
}

/** By how much the delay that an application saw is above the least possible one, as a share of that. */
export function delayIncrease(delayMs: number, leastMs: number): number {
  return (delayMs - leastMs) / leastMs
}

/** A segment that came. */
export interface Arrival {
  seq: number
  atMs: number
}

/**
 * The out-of-order delay of each segment, by its number: the time in ms from its arrival until it is in order, which is
 * when the last one of all segments up to it has come. Of several arrivals of a segment the first one counts. Segments
 * behind one that never came are left out. `firstSeq`: the first segment that the output wants.
 */
export function outOfOrderDelays(arrivals: readonly Arrival[], firstSeq = 0): Map<number, number> {
  const cameAtMs = new Map<number, number>()
  for (const { seq, atMs } of arrivals)
    cameAtMs.set(seq, Math.min(atMs, cameAtMs.get(seq) ?? Number.POSITIVE_INFINITY))
  const delays = new Map<number, number>()
  let inOrderAtMs = Number.NEGATIVE_INFINITY
  for (let seq = firstSeq; cameAtMs.has(seq); seq++) {
    const atMs = cameAtMs.get(seq)!
    inOrderAtMs = Math.max(inOrderAtMs, atMs)
    delays.set(seq, inOrderAtMs - atMs)
  }
  return delays
}

/** A path as far as the need of memory goes. */
export interface PathPace {
  rateBytesPerSecond: number
  roundTripMs: number
}

/**
 * Bytes of memory with which a receiver holds no path up (Barre et al. 2011; RFC 8684, section 3.3.4): twice the sum of
 * all rates x the longest round trip.
 */
export function bufferNeed(paths: readonly PathPace[]): number {
  const rate = paths.reduce((sum, { rateBytesPerSecond }) => sum + rateBytesPerSecond, 0)
  return (2 * rate * Math.max(...paths.map(({ roundTripMs }) => roundTripMs))) / 1000
}
