import type { Pacing } from '../planner/pace.ts'
import { contentBytesWithin, memoryFor } from './segment-memory.ts'

/**
 * Share of the free memory, 0 to 1, that a read gets where all is free; where only a part is, it gets that part of the share.
 * So one read alone has half of the memory, and each of many has some.
 */
const SHARE_OF_FREE = 1 / 2
/** Least memory of a read, in bytes; where less is free it waits. 32 MiB are enough for 30 reads at once. */
const LEAST_BYTES = 256 * 1024

/** What a read asks of the pool. */
export interface ReadWish {
  /** Reads of a higher one come first. */
  priority: number
  /** Bytes of all segments of the read, and of each. */
  contentBytes: number
  segmentBytes: number
  /** How many of these bytes, from the first on, may be asked for by now. Default: all. */
  wantedBytes?(): number
  /** A limit of rate that holds as well, shared with others. */
  pace?: Pacing
}

/** A read's place among others. As its planner's pace it lets the read ask for what those of higher priority leave. */
export interface ReadPlace extends Pacing {
  /** Memory for the read, in bytes. */
  readonly memoryBytes: number
  /** Tells that the reader has taken so many more bytes, and that the read has the memory again that these were in. */
  taken(bytes: number): void
  /** The read is over. */
  leave(): void
}

/** A read that is under way. */
interface Running extends ReadWish {
  memoryBytes: number
  /** Of its segments those that were asked for, and those that the reader has. */
  askedBytes: number
  takenBytes: number
}

/**
 * Divides a client's memory for reads among those that are under way, and lets one ask for segments only while none of a
 * higher priority could ask for some: so the routes carry what is wanted first. A read whose reader is slow has no use
 * for more, and holds up no other. Pure.
 */
export class ReadPool {
  readonly #running = new Set<Running>()
  #waiting: { wish: ReadWish; admit: (place: ReadPlace) => void }[] = []
  readonly #memoryBytes: number
  #freeBytes: number

  constructor(memoryBytes: number) {
    this.#memoryBytes = memoryBytes
    this.#freeBytes = memoryBytes
  }

  /** Calls back once there is memory for the read, at once where there is; returns how to take that back until then. */
  enter(wish: ReadWish, admit: (place: ReadPlace) => void): () => void {
    const entry = { wish, admit }
    this.#waiting.push(entry)
    this.#waiting.sort((a, b) => b.wish.priority - a.wish.priority)
    this.#admit()
    return () => {
      this.#waiting = this.#waiting.filter(other => other !== entry)
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      // Where all memory is less than the least, one read at a time gets it.
      if (this.#freeBytes < LEAST_BYTES && this.#running.size > 0) return
      this.#waiting.shift()
      next.admit(this.#placeFor(next.wish))
    }
  }

  #placeFor(wish: ReadWish): ReadPlace {
    const share = (SHARE_OF_FREE * this.#freeBytes) / this.#memoryBytes
    const shareBytes = Math.min(this.#freeBytes, Math.max(LEAST_BYTES, share * this.#freeBytes))
    const memoryBytes = Math.min(memoryFor(wish.contentBytes, wish.segmentBytes), shareBytes)
    const read: Running = { ...wish, memoryBytes, askedBytes: 0, takenBytes: 0 }
    this.#freeBytes -= memoryBytes
    this.#running.add(read)
    return {
      memoryBytes,
      segments: (segmentBytes, nowMs) => {
        if (this.#isHeld(read)) return 0
        const paced = wish.pace?.segments(segmentBytes, nowMs) ?? Number.POSITIVE_INFINITY
        return wish.wantedBytes ? Math.min(paced, Math.ceil(unaskedBytes(read) / segmentBytes)) : paced
      },
      take: bytes => {
        read.askedBytes += bytes
        wish.pace?.take(bytes)
      },
      taken: bytes => {
        read.takenBytes += bytes
      },
      leave: () => {
        if (!this.#running.delete(read)) return
        this.#freeBytes += memoryBytes
        this.#admit()
      }
    }
  }

  #isHeld({ priority }: Running): boolean {
    return [...this.#running].some(other => other.priority > priority && couldAsk(other))
  }
}

/** Whether a read has segments that are wanted and were not asked for, and memory for the next one. */
function couldAsk(read: Running): boolean {
  const { segmentBytes, memoryBytes, askedBytes, takenBytes } = read
  const heldBytes = askedBytes - takenBytes
  return unaskedBytes(read) > 0 && heldBytes + segmentBytes <= contentBytesWithin(memoryBytes, segmentBytes)
}

function unaskedBytes({ contentBytes, wantedBytes, askedBytes }: Running): number {
  return Math.max(0, Math.min(contentBytes, wantedBytes?.() ?? contentBytes) - askedBytes)
}
