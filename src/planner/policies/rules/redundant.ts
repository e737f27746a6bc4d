import type { Rule, Subflow } from './rule.ts'

/**
 * `redundant`: every segment travels every route, and the output takes the copy that comes first. The route with the
 * freest window sets the pace; slower ones pass over what another has brought meanwhile.
 *
 * Source: A. Frömmgen, T. Erbshäußer, A. Buchmann, T. Zimmermann, K. Wehrle, "ReMP TCP: Low Latency Multipath TCP", IEEE ICC
 * 2016.
 */
export class Redundant implements Rule {
  next(subflows: readonly Subflow[]): readonly number[] {
    return subflows.some(({ hasRoom }) => hasRoom) ? subflows.map(({ route }) => route) : []
  }
}
