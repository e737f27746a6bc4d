/** Thins points to at most `most`, evenly taken; the last one always stays. */
export function thinned<T>(points: T[], most: number): T[] {
  if (points.length <= most) return points
  const step = points.length / most
  return [...Array.from({ length: most - 1 }, (_, i) => points[Math.floor(i * step)]!), points.at(-1)!]
}
