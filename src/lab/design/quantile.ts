/** The value below which a share (0 to 1) of the values lies, between two values in proportion. Of none it is NaN. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  // Equal ones first: of two infinite values the difference is no number.
  return below === above ? below : below + (above - below) * (at - Math.floor(at))
}
