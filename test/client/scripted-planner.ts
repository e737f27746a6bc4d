import { OrderBook } from '../../src/planner/order-book.ts'
import type { Decision, Planner, PlannerEvent } from '../../src/planner/planner.ts'

/** A planner that decides what the test tells it to, with orders numbered from 1 on, and remembers what it was told. */
export class ScriptedPlanner implements Planner {
  readonly name = 'scripted'
  readonly orders = new OrderBook()
  readonly told: PlannerEvent[] = []
  decision: Partial<Decision> = {}
  horizon = 10

  handle(event: PlannerEvent): void {
    this.told.push(event)
    if (event.type === 'patternApplied') this.orders.patternApplied(event.version, event.from)
    if (event.type === 'reassigned') this.orders.reassigned(event.id)
  }

  plan(): Decision {
    const { decision } = this
    this.decision = {}
    for (const { from, pattern } of decision.patterns ?? []) this.orders.orderPattern(from, pattern)
    for (const { id: _, ...order } of decision.reassignments ?? []) this.orders.orderReassignment(order)
    return {
      patterns: [],
      reassignments: [],
      credits: [],
      horizon: this.horizon,
      states: [],
      probes: [],
      ...decision
    }
  }

  estimates() {
    return new Map()
  }
}
