import type { FigureTrial, TrialChoice } from './figure.ts'

/** A network of a figure, each of which is tried with every means, policy and seed. */
export interface TrialCase {
  case: number
  /** Text of the topology file, for a seed from 1; `policy` is a line of its section `client`, or empty. */
  topologyOf(seed: number, policy: string): string
  bytes: number
}

/** All trials of some cases. Repetitions of a simulation differ by their seeds alone. */
export function trialsOf(
  cases: readonly TrialCase[],
  seeds: number,
  { means, policies, every = 1 }: TrialChoice
): FigureTrial[] {
  const numbers = Array.from({ length: Math.ceil(seeds / every) }, (_, index) => 1 + index * every)
  return cases.flatMap(({ case: number, topologyOf, bytes }) =>
    numbers.flatMap(seed =>
      means.flatMap(each =>
        (each === 'anabranch' ? policies : [undefined]).map(policy => ({
          key: JSON.stringify([number, each, policy, seed]),
          case: number,
          means: each,
          ...(policy === undefined ? {} : { policy }),
          repetition: seed,
          seed,
          bytes,
          topology: topologyOf(seed, policy === undefined ? '' : `policy: ${policy}`)
        }))
      )
    )
  )
}
