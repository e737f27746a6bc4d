import type { Decision, Planner, PlannerEvent } from '../../src/planner/planner.ts'

/** A planner that decides what the test tells it to, and remembers what it was told. */
export class ScriptedPlanner implements Planner {
  readonly name = 'scripted'
  readonly told: PlannerEvent[] = []
  decision: Partial<Decision> = {}
  horizon = 10

  handle(event: PlannerEvent): void {
    this.told.push(event)
  }

  plan(): Decision {
    const { decision } = this
    this.decision = {}
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
