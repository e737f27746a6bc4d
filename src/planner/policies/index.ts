import { UsageError } from '../../errors.ts'
import type { Pattern } from '../../pattern/pattern.ts'
import type { Planner, PlannerInit } from '../planner.ts'
import type { Tuning } from '../tuning.ts'
import { AdaptivePolicy } from './adaptive.ts'
import { FixedPolicy } from './fixed.ts'
import { isPolicyName, POLICY_NAMES, type PolicyName } from './names.ts'
import { PacketScheduler } from './packet-scheduler.ts'
import { ProportionalPolicy } from './proportional.ts'
import { BlockingEstimation } from './rules/blest.ts'
import { EarliestCompletionFirst } from './rules/ecf.ts'
import { MinRtt } from './rules/min-rtt.ts'
import { Redundant } from './rules/redundant.ts'
import { RoundRobin } from './rules/round-robin.ts'

export interface PolicyOptions {
  /** The pattern that `fixed` keeps. Default: all routes in turn. */
  pattern?: Pattern
  /** How many routes carry each segment under `adaptive`. Default: 1. */
  redundancy?: number
  /** The numbers by which `adaptive` decides. Default: BULK. */
  tuning?: Tuning
}

/** What makes each policy: a scheduler needs its rule alone. */
const POLICIES: Record<PolicyName, (init: PlannerInit, options: PolicyOptions) => Planner> = {
  adaptive: (init, options) => new AdaptivePolicy(init, options.redundancy, options.tuning),
  fixed: (init, options) => new FixedPolicy(init, options.pattern),
  proportional: init => new ProportionalPolicy(init),
  'round-robin': init => new PacketScheduler('round-robin', init, new RoundRobin()),
  'min-rtt': init => new PacketScheduler('min-rtt', init, new MinRtt()),
  blest: init => new PacketScheduler('blest', init, new BlockingEstimation()),
  ecf: init => new PacketScheduler('ecf', init, new EarliestCompletionFirst()),
  redundant: init => new PacketScheduler('redundant', init, new Redundant())
}

export { DEFAULT_POLICY, POLICY_NAMES } from './names.ts'

/** A planner by its policy's name. Throws UsageError for an unknown one. */
export function createPlanner(name: string, init: PlannerInit, options: PolicyOptions = {}): Planner {
  if (!isPolicyName(name))
    throw new UsageError(`There is no policy '${name}'; choose one of ${POLICY_NAMES.join(', ')}`)
  return POLICIES[name](init, options)
}
