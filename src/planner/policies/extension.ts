import type { Pattern } from '../../pattern/pattern.ts'
import type { Ledger } from '../ledger.ts'
import type { LaneTuning } from '../tuning.ts'
import {
  cheapestOf,
  cheapestWanting,
  endMs,
  isWanting,
  type Lane,
  soonestEnd,
  usualSpreadMs
} from './lanes.ts'

/** Which segments the horizon may be extended over. */
export interface Room {
  ledger: Ledger
  /** The first segment that may not be granted yet. */
  limit: number
  segmentBytes: number
  tuning: LaneTuning
}

/** The horizon at which the pattern in force has given every lane enough. */
export function walkedHorizon(lanes: readonly Lane[], room: Room): number {
  return walk(lanes, room).horizon
}

/** The same; undefined if the pattern does not fit the lanes, or their ends have drifted apart. */
export function keptHorizon(lanes: readonly Lane[], room: Room): number | undefined {
  const { ledger, tuning } = room
  const pattern = ledger.schedule.entryAt(ledger.horizon)?.pattern
  if (!pattern || !isFor(pattern, lanes)) return undefined
  const { horizon, walked } = walk(lanes, room)
  const ends = walked.map(lane => endMs(lane))
  const allowed = tuning.hysteresisMs + Math.max(...walked.map(lane => usualSpreadMs(lane)))
  return Math.max(...ends) - Math.min(...ends) <= allowed ? horizon : undefined
}

/** The routes of the next segments, in order: each brings its segment soonest, until every lane has enough, the cheapest first. */
export function prefixOf(lanes: Lane[], { ledger, limit, segmentBytes, tuning }: Room): number[] {
  const prefix: number[] = []
  const most = Math.min(limit - ledger.horizon, tuning.maxPrefix)
  const areAlike = cheapestOf(lanes).length === lanes.length
  while (isWanting(lanes) && prefix.length < most) {
    const [lane] = soonestEnd(areAlike ? lanes : cheapestWanting(lanes), segmentBytes)
    lane.backlogBytes += segmentBytes
    prefix.push(lane.track.record.route)
  }
  return prefix
}

function isFor(pattern: Pattern, lanes: readonly Lane[]): boolean {
  const routes = new Set(lanes.map(lane => lane.track.record.route))
  return pattern.routes.length === routes.size && pattern.routes.every(route => routes.has(route))
}

function walk(lanes: readonly Lane[], { ledger, limit, segmentBytes, tuning }: Room) {
  const { schedule, horizon: from } = ledger
  const byRoute = new Map(lanes.map(lane => [lane.track.record.route, { ...lane }]))
  const walked = [...byRoute.values()]
  let horizon = from
  while (horizon < limit && isWanting(walked) && horizon - from < tuning.maxPrefix) {
    for (const route of schedule.routesOf(horizon)) {
      const lane = byRoute.get(route)
      if (lane) lane.backlogBytes += segmentBytes
    }
    horizon++
  }
  return { horizon, walked }
}
