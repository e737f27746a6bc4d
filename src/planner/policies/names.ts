/**
 * The policies by name: the command line, its completion, topology files, the simulator and the bench all take them from
 * here. What each name makes stands in `index.ts`.
 */
export const POLICY_NAMES = [
  'adaptive',
  'fixed',
  'proportional',
  'round-robin',
  'min-rtt',
  'blest',
  'ecf',
  'redundant'
] as const

export type PolicyName = (typeof POLICY_NAMES)[number]

export const DEFAULT_POLICY: PolicyName = 'adaptive'

export function isPolicyName(text: string): text is PolicyName {
  return (POLICY_NAMES as readonly string[]).includes(text)
}
