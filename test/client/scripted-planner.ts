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
    const { orders } = this
    if (event.type === 'routeAdded') orders.routeAdded(event.route, event.holder)
    if (event.type === 'routeClosed') orders.routeClosed(event.route)
    if (event.type === 'patternApplied') orders.patternApplied(event.version, orders.holderOf(event.route)!)
    if (event.type === 'reassigned') orders.reassigned(event.id, orders.holderOf(event.route)!)
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
