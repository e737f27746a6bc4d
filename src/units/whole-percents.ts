/**
 * Shares, 0 to 1 each, as whole percents that add up to what the shares do: those that lose most by
 * rounding down get what is missing.
 */
export function wholePercents(shares: readonly number[]): number[] {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const exact = shares.map(share => share * 100)
  const whole = exact.map(Math.floor)
  const missing = Math.round(sum(exact)) - sum(whole)
  const byLoss = exact.map((value, at) => ({ at, loss: value - whole[at]! })).sort((a, b) => b.loss - a.loss)
  for (const { at } of byLoss.slice(0, missing)) whole[at]! += 1
  return whole
}
