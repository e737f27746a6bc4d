import { RangeSet } from '../pattern/range-set.ts'
import type { SeqRange } from '../protocol/route-messages.ts'

/** The outcome for one segment handed to the reassembler. */
export interface Accepted {
  /** Whether the segment was here before. */
  duplicate: boolean
  /** Whether it was not the segment that the output waits for. */
  outOfSequence: boolean
  /** Payloads that are now next in order, this segment's included if it is one of them. */
  ready: Uint8Array[]
}

/** What becomes of segments when the output goes on without those that are missing. */
export interface SkippedTo {
  /** Payloads that are now next in order, and the segments that they are. */
  ready: Uint8Array[]
  readySeqs: SeqRange[]
  /** Segments that the output does without. */
  missing: SeqRange[]
}

/**
 * Puts segments back in order: each leaves exactly once. Holds only what arrived ahead of order; the horizon granted to
 * the source bounds that. Pure.
 */
export class Reassembler {
  readonly #held = new Map<number, Uint8Array>()
  #next: number
  #heldBytes = 0
  #duplicateBytes = 0
  #outOfSequence = 0

  constructor(firstSeq: number) {
    this.#next = firstSeq
  }

  /** The number of the segment that the output waits for. */
  get next(): number {
    return this.#next
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get duplicateBytes(): number {
    return this.#duplicateBytes
  }

  /** How many segments arrived ahead of the one expected. */
  get outOfSequence(): number {
    return this.#outOfSequence
  }

  has(seq: number): boolean {
    return seq < this.#next || this.#held.has(seq)
  }

  /** Goes on at `seq` at least: hands out what is held before it and next to it, and does without the rest before it. */
  skipTo(seq: number): SkippedTo {
    const ready: Uint8Array[] = []
    const readySeqs = new RangeSet()
    const missing = new RangeSet()
    for (let held = this.#take(); held || this.#next < seq; held = this.#take()) {
      if (held) {
        ready.push(held)
        readySeqs.add(this.#next)
      } else missing.add(this.#next)
      this.#next++
    }
    return { ready, readySeqs: [...readySeqs], missing: [...missing] }
  }

  /** The payload of the segment that is next, if it is held. */
  #take(): Uint8Array | undefined {
    const held = this.#held.get(this.#next)
    if (held) {
      this.#heldBytes -= held.byteLength
      this.#held.delete(this.#next)
    }
    return held
  }

  accept(seq: number, payload: Uint8Array): Accepted {
    if (this.has(seq)) {
      this.#duplicateBytes += payload.byteLength
      return { duplicate: true, outOfSequence: false, ready: [] }
    }
    if (seq > this.#next) {
      this.#held.set(seq, payload)
      this.#heldBytes += payload.byteLength
      this.#outOfSequence++
      return { duplicate: false, outOfSequence: true, ready: [] }
    }
    const ready = [payload]
    this.#next++
    for (let held = this.#take(); held; held = this.#take()) {
      ready.push(held)
      this.#next++
    }
    return { duplicate: false, outOfSequence: false, ready }
  }
}
