/**
 * Whether one who has `held` of the `taken` places may have another. One may have as many as are still free (`weight` times
 * as many), so that alone he gets half of all, and whoever comes new finds room: the more want it, the less each gets.
 */
export function isWithinShare(held: number, taken: number, places: number, weight = 1): boolean {
  return held < weight * (places - taken)
}
