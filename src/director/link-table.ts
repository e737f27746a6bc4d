/** Weight of a new round trip in the smoothed one, 0 to 1: a change shows after three or four measurements. */
const SMOOTHING = 0.3

export interface Measurement {
  peerId: string
  /** The round trip in milliseconds; absent when the peer could not be reached. */
  rttMs?: number
}

/** What both ends of a link have measured of it, in milliseconds; one of them at least. */
export interface Link {
  /** The one that stands first in the order of peer ids. */
  readonly lower: string
  lowerRttMs: number | undefined
  upperRttMs: number | undefined
}

interface MeasuredRtt {
  rttMs: number
  expiresAtMs: number
}

/**
 * Round trips between nodes, as the nodes told them. A link is there while one of its ends has
 * measured the other.
 */
export class LinkTable {
  readonly #measuredBy = new Map<string, Map<string, MeasuredRtt>>()
  /** For each who measured, a time before which none of its measurements expires. */
  readonly #sureUntilMs = new Map<string, number>()
  /** For each node its links by the other end. */
  readonly #linksOf = new Map<string, Map<string, Link>>()
  /** The same in order, of those that were asked for since they changed. */
  readonly #sortedLinks = new Map<string, readonly (readonly [other: string, link: Link])[]>()

  /**
   * Takes what `from` measured, good until `expiresAtMs`, into the smoothed round trip, or as it is
   * where it `isSmoothed` already. Returns whether a link came or went.
   */
  measure(
    from: string,
    { peerId, rttMs }: Measurement,
    expiresAtMs: number,
    isSmoothed: boolean = false
  ): boolean {
    const before = this.rttMs(from, peerId)
    const own = this.#measuredBy.get(from) ?? new Map<string, MeasuredRtt>()
    this.#measuredBy.set(from, own)
    if (rttMs === undefined) own.delete(peerId)
    else own.set(peerId, { rttMs: isSmoothed ? rttMs : smooth(own.get(peerId), rttMs), expiresAtMs })
    if (rttMs !== undefined && expiresAtMs < (this.#sureUntilMs.get(from) ?? Number.POSITIVE_INFINITY))
      this.#sureUntilMs.set(from, expiresAtMs)
    this.#relink(from, peerId)
    return (before === undefined) !== (this.rttMs(from, peerId) === undefined)
  }

  /**
   * The link's round trip in milliseconds; undefined without a link. Where both ends measured it is
   * the larger one: no end can make a link look better than the other one finds it.
   */
  rttMs(a: string, b: string): number | undefined {
    const there = this.#measuredBy.get(a)?.get(b)?.rttMs
    const back = this.#measuredBy.get(b)?.get(a)?.rttMs
    if (there === undefined || back === undefined) return there ?? back
    return Math.max(there, back)
  }

  hasMeasured(from: string, to: string): boolean {
    return this.#measuredBy.get(from)?.has(to) === true
  }

  /** Tells whether `from` may tell a round trip to `to` when it may tell those to `max` peers. */
  hasRoom(from: string, to: string, max: number): boolean {
    const own = this.#measuredBy.get(from)
    return own === undefined || own.size < max || own.has(to)
  }

  /** The smoothed round trips that `from` has measured. */
  measuredBy(from: string): Measurement[] {
    return Array.from(this.#measuredBy.get(from) ?? [], ([peerId, { rttMs }]) => ({ peerId, rttMs }))
  }

  neighborsOf(peerId: string): Iterable<string> {
    return this.#linksOf.get(peerId)?.keys() ?? []
  }

  /** The links of a node in the order of the peer ids at their other ends. */
  sortedLinksOf(peerId: string): readonly (readonly [other: string, link: Link])[] {
    const known = this.#sortedLinks.get(peerId)
    if (known) return known
    const sorted = [...(this.#linksOf.get(peerId) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
    this.#sortedLinks.set(peerId, sorted)
    return sorted
  }

  /** Returns the measurements that were not repeated in time: who measured, and whom. */
  overdue(nowMs: number): [from: string, to: string][] {
    const overdue: [from: string, to: string][] = []
    for (const [from, sureUntilMs] of this.#sureUntilMs) {
      if (sureUntilMs > nowMs) continue
      let nextMs = Number.POSITIVE_INFINITY
      for (const [to, { expiresAtMs }] of this.#measuredBy.get(from) ?? []) {
        if (expiresAtMs <= nowMs) overdue.push([from, to])
        nextMs = Math.min(nextMs, expiresAtMs)
      }
      if (nextMs === Number.POSITIVE_INFINITY) this.#sureUntilMs.delete(from)
      else this.#sureUntilMs.set(from, nextMs)
    }
    return overdue
  }

  /** Forgets what `from` measured of `to`; returns whether a link went by that. */
  drop(from: string, to: string): boolean {
    if (!this.#measuredBy.get(from)?.delete(to)) return false
    this.#relink(from, to)
    return this.rttMs(from, to) === undefined
  }

  /** Forgets the links between two nodes; returns whether there was one. */
  cut(a: string, b: string): boolean {
    const linked = this.rttMs(a, b) !== undefined
    this.#measuredBy.get(a)?.delete(b)
    this.#measuredBy.get(b)?.delete(a)
    this.#relink(a, b)
    return linked
  }

  forget(peerId: string): void {
    for (const other of [...this.neighborsOf(peerId)]) this.cut(peerId, other)
    this.#measuredBy.delete(peerId)
    this.#sureUntilMs.delete(peerId)
    this.#linksOf.delete(peerId)
    this.#sortedLinks.delete(peerId)
  }

  #relink(a: string, b: string): void {
    const [lower, upper] = a < b ? [a, b] : [b, a]
    const lowerRttMs = this.#measuredBy.get(lower)?.get(upper)?.rttMs
    const upperRttMs = this.#measuredBy.get(upper)?.get(lower)?.rttMs
    const known = this.#linksOf.get(lower)?.get(upper)
    if (lowerRttMs === undefined && upperRttMs === undefined) {
      if (known)
        for (const [from, to] of [
          [a, b],
          [b, a]
        ] as const)
          this.#put(from, to, undefined)
    } else if (known) Object.assign(known, { lowerRttMs, upperRttMs })
    else {
      const link = { lower, lowerRttMs, upperRttMs }
      for (const [from, to] of [
        [a, b],
        [b, a]
      ] as const)
        this.#put(from, to, link)
    }
  }

  #put(from: string, to: string, link: Link | undefined): void {
    const links = this.#linksOf.get(from) ?? new Map<string, Link>()
    this.#linksOf.set(from, links)
    this.#sortedLinks.delete(from)
    if (link) links.set(to, link)
    else links.delete(to)
  }
}

/**
 * The round trip of a link from one of its ends in milliseconds, and whether that end has measured it. Where both ends
 * have, it is the larger one.
 */
export function roundTripFrom(from: string, { lower, lowerRttMs, upperRttMs }: Link) {
  const [own, other] = from === lower ? [lowerRttMs, upperRttMs] : [upperRttMs, lowerRttMs]
  const rttMs = own === undefined ? other! : other === undefined ? own : Math.max(own, other)
  return { rttMs, isMeasured: own !== undefined }
}

function smooth(known: MeasuredRtt | undefined, rttMs: number): number {
  return known === undefined ? rttMs : known.rttMs + SMOOTHING * (rttMs - known.rttMs)
}
