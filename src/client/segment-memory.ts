import { PAYLOAD_SHARE, SEGMENT_OVERHEAD_BYTES } from './defaults.ts'

/** Number of segments whose memory is asked of the system at once: 256 KiB at the usual segment size. */
const SLAB_SEGMENTS = 8

/**
 * Keeps segments from their arrival until the output has taken them, in memory that is used again
 * and again. With a buffer of its own for each segment, megabytes of them outlived V8's young
 * generation, which brought three full collections a second.
 */
export class SegmentMemory {
  readonly #segmentBytes: number
  readonly #free: Uint8Array[] = []
  readonly #kept = new Map<number, Uint8Array>()
  readonly #slabSegments: number
  #freedBelow: number

  /** `segments`: how many there are from `firstSeq` on, where that is known. */
  constructor(segmentBytes: number, firstSeq: number, segments = Number.POSITIVE_INFINITY) {
    this.#segmentBytes = segmentBytes
    this.#slabSegments = Math.max(1, Math.min(SLAB_SEGMENTS, segments))
    this.#freedBelow = firstSeq
  }

  /** Copies `payload`, at most `segmentBytes` long. The copy is good until `freeBelow` has passed `seq`. */
  keep(seq: number, payload: Uint8Array): Uint8Array {
    if (this.#free.length === 0) this.#grow()
    const slot = this.#free.pop()!
    slot.set(payload)
    this.#kept.set(seq, slot)
    return slot.subarray(0, payload.byteLength)
  }

  freeBelow(seq: number): void {
    for (; this.#freedBelow < seq; this.#freedBelow++) {
      const slot = this.#kept.get(this.#freedBelow)
      if (slot === undefined) continue
      this.#kept.delete(this.#freedBelow)
      this.#free.push(slot)
    }
  }

  #grow(): void {
    const slab = new Uint8Array(this.#slabSegments * this.#segmentBytes)
    for (let start = 0; start < slab.byteLength; start += this.#segmentBytes) {
      this.#free.push(slab.subarray(start, start + this.#segmentBytes))
    }
  }
}

/** Bytes of content that may lie between the output and the horizon where a fetch has so much memory. */
export function contentBytesWithin(memoryBytes: number, segmentBytes: number): number {
  return (memoryBytes * PAYLOAD_SHARE * segmentBytes) / (segmentBytes + SEGMENT_OVERHEAD_BYTES)
}

/** The memory by which so many bytes of content may lie there: see contentBytesWithin. */
export function memoryFor(contentBytes: number, segmentBytes: number): number {
  return Math.ceil((contentBytes * (segmentBytes + SEGMENT_OVERHEAD_BYTES)) / segmentBytes / PAYLOAD_SHARE)
}
