import { UsageError } from '../../errors.ts'
import type { Pattern } from '../../pattern/pattern.ts'
import type { Planner, PlannerInit } from '../planner.ts'
import type { Tuning } from '../tuning.ts'
import { AdaptivePolicy } from './adaptive.ts'
import { FixedPolicy } from './fixed.ts'
import { ProportionalPolicy } from './proportional.ts'

export interface PolicyOptions {
  /** The pattern that `fixed` keeps. Default: all routes in turn. */
  pattern?: Pattern
  /** How many routes carry each segment under `adaptive`. Default: 1. */
  redundancy?: number
  /** The numbers by which `adaptive` decides. Default: BULK. */
  tuning?: Tuning
}

const POLICIES: Record<string, (init: PlannerInit, options: PolicyOptions) => Planner> = {
  adaptive: (init, options) => new AdaptivePolicy(init, options.redundancy, options.tuning),
  fixed: (init, options) => new FixedPolicy(init, options.pattern),
  proportional: init => new ProportionalPolicy(init)
}

export const POLICY_NAMES = Object.keys(POLICIES)
export const DEFAULT_POLICY = 'adaptive'

/** A planner by its policy's name. Throws UsageError for an unknown one. */
export function createPlanner(name: string, init: PlannerInit, options: PolicyOptions = {}): Planner {
  const create = POLICIES[name]
  if (!create) throw new UsageError(`There is no policy '${name}'; choose one of ${POLICY_NAMES.join(', ')}`)
  return create(init, options)
}
