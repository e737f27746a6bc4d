import { keepsBound } from '../topology/topology.ts'
import type { Bound, Expectation } from '../topology/topology-schema.ts'
import { groupFigures } from './client-group.ts'
import { formatMs, formatShare } from './format.ts'
import type { Measurement } from './measurement.ts'
import { leastShare } from './traffic-figures.ts'

/** One line of `expect`, compared with the measured value. */
export interface CheckedExpectation {
  name: string
  wanted: string
  measured: string
  met: boolean
}

/**
 * Compares a measurement with a topology's `expect`. `routesUsed` is the number of routes over
 * which content came, `contentBytes` the content's size.
 */
export function checkExpectation(
  expected: Expectation,
  measured: Pick<
    Measurement,
    | 'efficiency'
    | 'longestStallMs'
    | 'completionMs'
    | 'wireOverhead'
    | 'identical'
    | 'live'
    | 'play'
    | 'clients'
    | 'traffic'
  >,
  routesUsed: number,
  contentBytes: number
): CheckedExpectation[] {
  const checks: CheckedExpectation[] = []
  const check = (name: string, bound: Bound | undefined, value: number, text: (value: number) => string) => {
    if (bound === undefined) return
    checks.push({
      name,
      wanted: `${bound.sign}${text(bound.value)}`,
      measured: text(value),
      met: keepsBound(value, bound)
    })
  }
  check('efficiency', expected.efficiency, measured.efficiency, value => value.toFixed(3))
  check('longestStall', expected.longestStall, measured.longestStallMs, formatMs)
  check('completion', expected.completion, measured.completionMs, formatMs)
  check('wireOverhead', expected.wireOverhead, measured.wireOverhead, value => value.toFixed(3))
  const share = leastShare(measured.traffic ?? [])
  if (share !== undefined) check('trafficShare', expected.trafficShare, share, value => value.toFixed(3))
  check('routes', expected.routes, routesUsed, String)
  if (measured.clients) {
    const { fairness, slowdown } = groupFigures(measured.clients)
    check('fairness', expected.fairness, fairness, value => value.toFixed(3))
    check('slowdown', expected.slowdown, slowdown, value => value.toFixed(2))
  }
  if (measured.live) {
    check('skipped', expected.skipped, measured.live.skippedBytes / contentBytes, formatShare)
    check('delay', expected.delay, measured.live.delayMs.percentile999, formatMs)
  }
  if (measured.play) {
    check('startUp', expected.startUp, measured.play.startUpMs, formatMs)
    check('rebuffers', expected.rebuffers, measured.play.rebuffers.length, String)
  }
  if (expected.content !== undefined) {
    checks.push({
      name: 'content',
      wanted: 'identical',
      measured: measured.identical ? 'identical' : 'not identical',
      met: measured.identical
    })
  }
  return checks
}
