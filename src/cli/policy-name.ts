import { UsageError } from '../errors.ts'
import { isPolicyName, POLICY_NAMES, type PolicyName } from '../planner/policies/names.ts'

/** The policy of this name. Throws UsageError where there is none. */
export function parsePolicy(text: string): PolicyName {
  if (isPolicyName(text)) return text
  throw new UsageError(`there is no policy '${text}'; choose one of ${POLICY_NAMES.join(', ')}`)
}
