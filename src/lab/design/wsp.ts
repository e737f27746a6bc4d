import { createRandom, type Random } from '../../simulation/random.ts'

export interface WspOptions {
  /** Number of points that are wanted. */
  count: number
  dimensions: number
  /** Number of points to choose among; the more there are, the more even is the choice. Default: 10,000. */
  candidates?: number
  seed: number
}

/** Points that fill the unit cube, and the distance that any two of them keep. */
export interface WspDesign {
  points: number[][]
  leastDistance: number
}

/** Many enough that 253 points in 8 dimensions keep a distance of 0.648, as those of the published designs do. */
export const DEFAULT_CANDIDATES = 10_000
/** Halvings of the distance's interval: beyond them it is below what a number can tell apart. */
const HALVINGS = 60

/**
 * Fills the unit cube with points by the method of Wootton, Sergent and Phan-Tan-Luu (WSP): of many uniform candidates
 * one is taken, all within the least distance of it are deleted, and the nearest one that is left is taken next, until
 * none is left. The least distance is found by bisection, so that just `count` points are taken. They come in the order
 * in which they were taken, and the same seed gives the same points. Throws RangeError where there are fewer candidates
 * than points.
 */
export function wspDesign({
  count,
  dimensions,
  candidates = DEFAULT_CANDIDATES,
  seed
}: WspOptions): WspDesign {
  if (candidates < count) throw new RangeError(`${count} points cannot be chosen among ${candidates}`)
  const random = createRandom(seed)
  const cloud = { dimensions, places: Float64Array.from({ length: candidates * dimensions }, random) }
  for (;;) {
    // The number of points is no even function of the distance, so that some first points miss the count.
    const found = bisected(cloud, startOf(random, candidates), count)
    if (found) return found
  }
}

function startOf(random: Random, candidates: number): number {
  return Math.floor(random() * candidates)
}

/** The candidates: their places, one after the other. */
interface Cloud {
  dimensions: number
  places: Float64Array
}

function bisected(cloud: Cloud, first: number, count: number): WspDesign | undefined {
  let [tooNear, tooFar] = [0, Math.sqrt(cloud.dimensions)]
  for (let i = 0; i < HALVINGS; i++) {
    const leastDistance = (tooNear + tooFar) / 2
    const taken = takenAt(cloud, first, leastDistance)
    if (taken.length === count) return { points: taken.map(index => placeOf(cloud, index)), leastDistance }
    if (taken.length > count) tooNear = leastDistance
    else tooFar = leastDistance
  }
  return undefined
}

function placeOf({ places, dimensions }: Cloud, index: number): number[] {
  return [...places.subarray(index * dimensions, (index + 1) * dimensions)]
}

/** The candidates that are taken at a least distance, beginning with one of them. */
function takenAt(cloud: Cloud, first: number, leastDistance: number): number[] {
  const { places, dimensions } = cloud
  const taken: number[] = []
  const limit = leastDistance ** 2
  // Those that are left stand at the beginning of the array.
  const left = Int32Array.from({ length: places.length / dimensions }, (_, index) => index)
  let count = left.length
  for (let next = first; next >= 0; ) {
    taken.push(next)
    let [kept, nearest, nearestIndex] = [0, Number.POSITIVE_INFINITY, -1]
    for (let i = 0; i < count; i++) {
      const index = left[i]!
      const distance = squaredDistance(cloud, index, next)
      if (index === next || distance <= limit) continue
      left[kept++] = index
      if (distance >= nearest) continue
      nearest = distance
      nearestIndex = index
    }
    count = kept
    next = nearestIndex
  }
  return taken
}

function squaredDistance({ places, dimensions }: Cloud, a: number, b: number): number {
  let sum = 0
  for (let i = 0; i < dimensions; i++) sum += (places[a * dimensions + i]! - places[b * dimensions + i]!) ** 2
  return sum
}
