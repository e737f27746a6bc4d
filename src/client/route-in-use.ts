import type { PeerAddresses } from '../protocol/director-messages.ts'
import type { Relay } from '../protocol/route-messages.ts'
import { hopsOf, type RouteEntry } from './route-table.ts'

/** A route from the start of its opening until it is closed. Pure. */
export class RouteInUse {
  readonly entry: RouteEntry
  readonly hops: PeerAddresses[]
  /** The relays' words on themselves, the one next to the source first. */
  readonly relays: Relay[] = []
  #dialledAtMs: number
  #askedAtMs: number

  constructor(entry: RouteEntry, nowMs: number) {
    this.entry = entry
    this.hops = hopsOf(entry.path)
    this.#dialledAtMs = nowMs
    this.#askedAtMs = nowMs
  }

  get sourceId(): string {
    return this.entry.path.source.peerId
  }

  /** Its `open` is sent. */
  dialled(nowMs: number): void {
    this.#dialledAtMs = nowMs
    this.#askedAtMs = nowMs
  }

  /** The source is asked for the content, with the `open` or later. */
  asked(nowMs: number): void {
    this.#askedAtMs = nowMs
  }

  /** Takes a relay's word on itself. Returns false where more relays speak than there are. */
  takeRelay(relay: Relay): boolean {
    return this.relays.length < this.entry.path.relays.length && this.relays.push(relay) > 0
  }

  /** The round trip by the answer that has come, in milliseconds. */
  rttMs(nowMs: number): number {
    const farMs = this.relays.reduce((sum, { setUpMs }) => sum + setUpMs, 0)
    // Each of the two is at least a round trip: the first may hold a wait for the secret, the second some of the set-up.
    return Math.max(1, Math.min(nowMs - this.#dialledAtMs - farMs, nowMs - this.#askedAtMs))
  }
}
