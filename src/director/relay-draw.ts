/** What decides a draw: the same always draws the same. */
export interface Draw {
  /** Whose draw it is: the client's host and what it asks for. */
  seed: string
  /** Number of relays that are drawn for each source. */
  count: number
}

/** A relay, with what it tells of itself. */
interface Candidate {
  peerId: string
  /** From 0 (idle) to 1 (full). */
  load: number
  capacityBytesPerSecond?: number
}

/** No relay counts for more than so many times the median one: its own word is all that its rate rests on. */
const MOST_OVER_MEDIAN = 16
/** The least part of a relay's rate that counts as free, so that a full one can still be drawn. */
const LEAST_FREE = 1 / 64

/**
 * Draws some relays of a source at random, each in proportion to the rate that a further route would get of it: its
 * capacity times what its load leaves. One that tells no capacity counts as the median of those that do. Clients with
 * other seeds draw others, so that not all of them go to the same few while the reports on which this rests are old.
 */
export function drawRelays(relays: readonly Candidate[], { seed, count }: Draw): Set<string> {
  const usual = medianOf(relays.flatMap(({ capacityBytesPerSecond: rate }) => rate || [])) ?? 1
  const start = hash(seed)
  const turns = relays.map(({ peerId, load, capacityBytesPerSecond: rate = usual }) => {
    const free = Math.min(rate / usual, MOST_OVER_MEDIAN) * Math.max(LEAST_FREE, 1 - load)
    // Of waits with these rates the shortest fall to a sample without putting back (Efraimidis and Spirakis).
    return { peerId, wait: -Math.log(fractionOf(start ^ hash(peerId))) / free }
  })
  turns.sort((a, b) => a.wait - b.wait)
  return new Set(turns.slice(0, count).map(({ peerId }) => peerId))
}

function medianOf(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

/** A number above 0 and up to 1 in which each bit of the value tells. */
function fractionOf(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d)
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b)
  return (((twice ^ (twice >>> 16)) >>> 0) + 1) / 2 ** 32
}
