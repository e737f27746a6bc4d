/** Weight of a new round trip in the smoothed one: a change shows after three or four measurements. */
const SMOOTHING = 0.3

export interface Measurement {
  peerId: string
  /** Milliseconds; absent when the peer could not be reached. */
  rttMs?: number
}

interface MeasuredRtt {
  rttMs: number
  expiresAtMs: number
}

/** Round trips between nodes as they told them. A link is there while one of its ends has measured the other. */
export class LinkTable {
  readonly #ttlMs: number
  readonly #measuredBy = new Map<string, Map<string, MeasuredRtt>>()
  readonly #linkedTo = new Map<string, Set<string>>()

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs
  }

  /** Takes what `from` measured; returns whether a link came or went. */
  measure(from: string, { peerId, rttMs }: Measurement, nowMs: number): boolean {
    const before = this.rttMs(from, peerId)
    const own = this.#measuredBy.get(from) ?? new Map<string, MeasuredRtt>()
    this.#measuredBy.set(from, own)
    if (rttMs === undefined) own.delete(peerId)
    else own.set(peerId, { rttMs: smooth(own.get(peerId), rttMs), expiresAtMs: nowMs + this.#ttlMs })
    this.#relink(from, peerId)
    return (before === undefined) !== (this.rttMs(from, peerId) === undefined)
  }

  /** The link's round trip in milliseconds, the mean of both ends' where both measured; undefined without a link. */
  rttMs(a: string, b: string): number | undefined {
    const there = this.#measuredBy.get(a)?.get(b)?.rttMs
    const back = this.#measuredBy.get(b)?.get(a)?.rttMs
    if (there === undefined || back === undefined) return there ?? back
    return (there + back) / 2
  }

  neighborsOf(peerId: string): ReadonlySet<string> {
    return this.#linkedTo.get(peerId) ?? new Set()
  }

  /** Drops what was not measured again in time; returns whether a link went. */
  expire(nowMs: number): boolean {
    let lost = false
    for (const [from, own] of this.#measuredBy) {
      for (const [to, { expiresAtMs }] of own) {
        if (expiresAtMs > nowMs) continue
        own.delete(to)
        this.#relink(from, to)
        lost ||= this.rttMs(from, to) === undefined
      }
    }
    return lost
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
    this.#linkedTo.delete(peerId)
  }

  #relink(a: string, b: string): void {
    const linked = this.rttMs(a, b) !== undefined
    for (const [from, to] of [
      [a, b],
      [b, a]
    ] as const) {
      const peers = this.#linkedTo.get(from) ?? new Set<string>()
      this.#linkedTo.set(from, peers)
      if (linked) peers.add(to)
      else peers.delete(to)
    }
  }
}

function smooth(known: MeasuredRtt | undefined, rttMs: number): number {
  return known === undefined ? rttMs : known.rttMs + SMOOTHING * (rttMs - known.rttMs)
}
