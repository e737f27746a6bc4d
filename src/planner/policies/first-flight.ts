import { knownWindowBytes } from '../estimate/route-window.ts'
import type { KnownRoute } from '../planner.ts'
import type { Tuning } from '../tuning.ts'

export interface FlightRoute {
  route: number
  known: KnownRoute
}

/**
 * The routes of the first segments, in the segments' order, where the rates of all routes are known. Each segment
 * goes where it would arrive first, for as long as it takes the farthest route to deliver something: a slow route
 * gets what it can bring in that time, which may be nothing. Pure.
 */
export function firstFlight(
  routes: readonly FlightRoute[],
  segmentBytes: number,
  mostSegments: number,
  { window: tuning }: Tuning
): number[] {
  const lanes = routes.map(({ route, known }) => ({
    route,
    segmentMs: (segmentBytes / known.rateBytesPerSecond) * 1000,
    endMs: known.rttMs,
    left: Math.floor(knownWindowBytes(known, segmentBytes, tuning) / segmentBytes)
  }))
  const farthestMs = Math.max(...lanes.map(({ endMs }) => endMs))
  const soonestMs = Math.min(...lanes.map(({ endMs, segmentMs }) => endMs + tuning.leastSegments * segmentMs))
  const untilMs = Math.max(farthestMs + tuning.trustedQueueMs, soonestMs)
  const flight: number[] = []
  while (flight.length < mostSegments) {
    const able = lanes.filter(({ left, endMs, segmentMs }) => left > 0 && endMs + segmentMs <= untilMs)
    if (able.length === 0) break
    const lane = able.reduce((a, b) => (b.endMs + b.segmentMs < a.endMs + a.segmentMs ? b : a))
    lane.endMs += lane.segmentMs
    lane.left--
    flight.push(lane.route)
  }
  return flight
}
