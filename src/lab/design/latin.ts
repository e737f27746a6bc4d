import { createRandom, type Random } from '../../simulation/random.ts'

/**
 * A Latin hypercube: `count` points in the unit cube of which each of the `count` equal strata of each dimension has just
 * one, at a random place within it. The same seed gives the same points.
 */
export function latinHypercube(count: number, dimensions: number, seed: number): number[][] {
  const random = createRandom(seed)
  const columns = Array.from({ length: dimensions }, () => shuffled(count, random))
  return Array.from({ length: count }, (_, point) =>
    columns.map(strata => (strata[point]! + random()) / count)
  )
}

function shuffled(count: number, random: Random): number[] {
  const order = [...Array(count).keys()]
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last]!
    order[last] = order[other]!
    order[other] = kept
  }
  return order
}
