import { Pattern, PatternError } from './pattern.ts'

/**
 * FIG. 9 of the patent to the letter: `numIDs = share * patternSize / 100` entries (rounded to the nearest whole) for
 * each route, put into an empty vector at multiples of `identifierInterval = patternSize / numIDs` (the next free place
 * where one is taken), then the empty elements are removed.
 *
 * `shares` maps a route to its percentage of all bytes (0 to 100). Throws PatternError when no route gets an entry.
 */
export function interleaveByInterval(shares: ReadonlyMap<number, number>, patternSize: number): Pattern {
  const places = new Array<number | undefined>(patternSize).fill(undefined)
  for (const [route, percent] of shares) {
    const numIDs = Math.round((percent * patternSize) / 100)
    const identifierInterval = patternSize / numIDs
    for (let i = 0; i < numIDs; i++) {
      const place = freePlace(places, Math.floor(i * identifierInterval))
      if (place === undefined) break
      places[place] = route
    }
  }
  const routes = places.filter(route => route !== undefined)
  if (routes.length === 0)
    throw new PatternError('No route has a share that is worth one element of the pattern')
  return Pattern.ofRoutes(routes)
}

/**
 * Exactly `patternSize` elements in which every prefix keeps each route's count within about one of its share: each
 * step takes the route that lags its weight most. Weights are any non-negative numbers, not all zero.
 */
export function interleaveSmoothly(weights: ReadonlyMap<number, number>, patternSize: number): Pattern {
  const entries = [...weights].filter(([, weight]) => weight > 0)
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  if (entries.length === 0) throw new PatternError('No route has a weight above zero')
  const lag = entries.map(() => 0)
  const routes: number[] = []
  for (let i = 0; i < patternSize; i++) {
    let best = 0
    for (const [j, [, weight]] of entries.entries()) {
      lag[j]! += weight / total
      if (lag[j]! > lag[best]! + 1e-9) best = j
    }
    lag[best]! -= 1
    routes.push(entries[best]![0])
  }
  return Pattern.ofRoutes(routes)
}

function freePlace(places: Array<number | undefined>, start: number): number | undefined {
  for (let i = 0; i < places.length; i++) {
    const place = (start + i) % places.length
    if (places[place] === undefined) return place
  }
  return undefined
}
