import { RangeSet } from '../pattern/range-set.ts'
import { HASH_BYTES } from '../protocol/merkle.ts'
import { HEAD_LEAVES_KEPT, type SignedHead } from '../protocol/stream-head.ts'
import { HEADS_KEPT } from './limits.ts'

/** A head as a session tells it: its signed form, and the segments whose leaf hashes are in it. */
export interface SessionHead {
  bytes: Uint8Array
  from: number
  count: number
}

/** What one route has told of heads. */
export class RouteHeads {
  /** The number of the head that it tells next. */
  next = 0
  /** Segments that the last head which it has told covers; undefined before the first. */
  count: number | undefined
  /** Segments whose leaf hashes the route has told so that the client has kept them, groups that are whole left out. */
  readonly #leaves = new RangeSet()

  hasLeaf(seq: number): boolean {
    return this.#leaves.has(seq)
  }

  /** The route has told the leaf hashes from `from` on, as far as its last head reaches. */
  told(from: number, to = this.count!): void {
    if (to > from) this.#leaves.addAll(new RangeSet([{ from, to }]))
  }

  forgetBelow(seq: number): void {
    this.#leaves.deleteBelow(seq)
  }
}

/** The heads of a live content that the routes of one session have still to tell. Pure. */
export class SessionHeads {
  /** The newest ones, numbered from `#begin` on. */
  readonly #heads: SessionHead[] = []
  #begin = 0

  add(head: SessionHead): void {
    this.#heads.push(head)
    if (this.#heads.length <= HEADS_KEPT) return
    this.#heads.shift()
    this.#begin++
  }

  /**
   * The head that a route tells now, and counts as told; undefined when it has told all. It begins with the newest, and so
   * it does again where it has fallen behind: what it leaves out travels as hashes of groups.
   */
  nextOn(route: RouteHeads, done: number): SessionHead | undefined {
    const newest = this.#begin + this.#heads.length - 1
    if (route.next > newest || newest < 0) return undefined
    const isBehind = route.count === undefined || route.next < this.#begin
    const number = isBehind ? newest : route.next
    const head = this.#heads[number - this.#begin]!
    route.next = number + 1
    route.count = head.count
    route.told(head.from, Math.min(head.count, done + HEAD_LEAVES_KEPT))
    return head
  }
}

export function sessionHead({ signed, count, leaves }: SignedHead): SessionHead {
  return { bytes: signed, from: count - leaves.byteLength / HASH_BYTES, count }
}
