import { describe, expect, it } from 'vitest'
import { CoupledPlanner } from '../../src/planner/coupled-planner.ts'
import { ObservedPlanner } from '../../src/planner/observed-planner.ts'
import type { Planner, PlannerEvent } from '../../src/planner/planner.ts'
import { createPlanner } from '../../src/planner/policies/index.ts'
import type { Scenario, SimulatedRoute } from '../../src/simulation/index.ts'
import {
  bytesOver,
  goodput,
  hop,
  mbit,
  PAYLOAD_SHARE,
  type Script,
  Steered,
  statesOf,
  type Trial,
  trial
} from './policies/trial.ts'

const MB = 1e6
const payload = (rate: number) => mbit(rate) * PAYLOAD_SHARE
/** Links of 20 Mbit/s with a queue of 40 ms. */
const LINKS = {
  shared: { rateBytesPerSecond: mbit(20), queueBytes: 100_000 },
  own: { rateBytesPerSecond: mbit(20), queueBytes: 100_000 }
}
const over = (link: keyof typeof LINKS): SimulatedRoute => ({
  hops: [hop(100, 10, { links: { down: [link], up: [] } }), hop(100, 5)]
})
const alone = (rate: number): SimulatedRoute => ({ hops: [hop(rate, 10)] })
const flow = (link: keyof typeof LINKS): NonNullable<Scenario['flows']>[number] => ({
  links: [link],
  delayMs: 10,
  fromMs: 0,
  toMs: Number.POSITIVE_INFINITY
})

function fetched(
  sizeBytes: number,
  routes: SimulatedRoute[],
  more: Partial<Scenario> & { policy?: string; fair?: 'each'; script?: Script } = {}
): Trial {
  const { policy = 'adaptive', fair, script = [], ...scenario } = more
  const wrap = (planner: Planner) => (fair ? planner : new Steered(new CoupledPlanner(planner), script))
  return trial(policy, sizeBytes, routes, { wrap, memoryBytes: 4 * MB, ...scenario })
}

/** How many routes have brought more than a twentieth of what came in the interval. */
function carriersOf(run: Trial, fromMs: number, toMs: number): number {
  const all = run.result.routes.map(({ route }) => bytesOver(run, route, { fromMs, toMs }))
  const sum = all.reduce((total, bytes) => total + bytes, 0)
  return all.filter(bytes => bytes > 0.05 * sum).length
}

const aside = (route: number, isAside: boolean): PlannerEvent => ({ type: 'aside', route, isAside })

describe.each(['adaptive', 'min-rtt'])('coupled routes under %s', policy => {
  it('leave half of a bottleneck that all of them share to a connection of others', () => {
    const routes = [over('shared'), over('shared'), over('shared'), over('shared')]
    const run = fetched(30 * MB, routes, { policy, links: LINKS, flows: [flow('shared')] })
    expect(run.result.completed).toBe(true)
    const { durationMs } = run.result
    expect(goodput(run, { fromMs: 0, toMs: durationMs })).toBeLessThan(0.55 * payload(20))
    expect(run.result.flows[0]!.at(-1)!.bytes / durationMs).toBeGreaterThan((0.45 * payload(20)) / 1_000)
  })

  it('carry all together where each has a bottleneck of its own, within a second and a half', () => {
    const run = fetched(60 * MB, [alone(20), alone(20), alone(20)], { policy })
    expect(run.result.completed).toBe(true)
    expect(carriersOf(run, 1_500, run.result.durationMs - 500)).toBe(3)
    expect(goodput(run, { fromMs: 2_000, toMs: run.result.durationMs - 500 })).toBeGreaterThan(
      0.93 * payload(60)
    )
  })

  it('have another one carry when the one that does dies', () => {
    const dying = { ...over('shared'), diesAtMs: 2_000 }
    const run = fetched(10 * MB, [dying, over('shared')], { policy, links: LINKS })
    expect(run.result.completed).toBe(true)
    expect(carriersOf(run, 0, 1_900)).toBe(1)
    expect(goodput(run, { fromMs: 2_500, toMs: run.result.durationMs })).toBeGreaterThan(0.8 * payload(20))
  })
})

describe('coupled routes', () => {
  it('cost little where they are disjoint', () => {
    const routes = [alone(30), alone(30), alone(30)]
    const each = fetched(150 * MB, routes, { fair: 'each' })
    const coupled = fetched(150 * MB, routes)
    expect(coupled.result.durationMs / each.result.durationMs).toBeLessThan(1.05)
  })

  it('take in one that has a queue of its own, once it was seen that the others do not share it', () => {
    const run = fetched(40 * MB, [alone(20), over('own')], { links: LINKS, flows: [flow('own')] })
    expect(run.result.completed).toBe(true)
    expect(carriersOf(run, 6_000, run.result.durationMs - 500)).toBe(2)
    expect(goodput(run, { fromMs: 6_000, toMs: run.result.durationMs - 500 })).toBeGreaterThan(
      1.3 * payload(20)
    )
  })

  it('of which one stands by have no other carry in place of one that is parked by hand', () => {
    const script: Script = [
      [1_000, aside(0, true)],
      [1_000, aside(1, true)]
    ]
    const run = fetched(10 * MB, [over('shared'), over('shared'), over('shared')], { links: LINKS, script })
    expect(run.result.completed).toBe(true)
    const { durationMs } = run.result
    expect(bytesOver(run, 0, { fromMs: 1_500, toMs: durationMs })).toBe(0)
    expect(bytesOver(run, 1, { fromMs: 1_500, toMs: durationMs })).toBe(0)
    expect(goodput(run, { fromMs: 1_500, toMs: durationMs })).toBeGreaterThan(0.8 * payload(20))
    expect(statesOf(run, 1).at(-1)).toBe('parked')
  })

  it('of which two are found to share a bottleneck later carry one at a time from then on', () => {
    let coupled: CoupledPlanner | undefined
    class Found extends Steered {
      override plan(nowMs: number) {
        if (nowMs > 3_000) coupled = void coupled?.sharing([0, 1], nowMs)
        return super.plan(nowMs)
      }
    }
    const run = trial('adaptive', 40 * MB, [alone(20), alone(20)], {
      memoryBytes: 4 * MB,
      wrap: planner => {
        coupled = new CoupledPlanner(planner)
        return new Found(coupled, [])
      }
    })
    expect(run.result.completed).toBe(true)
    expect(carriersOf(run, 1_500, 3_000)).toBe(2)
    expect(carriersOf(run, 4_000, run.result.durationMs)).toBe(1)
  })
})

describe('an observed planner', () => {
  it('tells which routes share a bottleneck', () => {
    const told: number[][] = []
    const thin = (rate: number, delayMs: number): SimulatedRoute => ({
      hops: [hop(rate, delayMs, { links: { down: ['shared'], up: [] } }), hop(40, 5)]
    })
    trial('adaptive', 80 * MB, [{ hops: [hop(20, 20)] }, thin(30, 15), thin(30, 17)], {
      links: { shared: { rateBytesPerSecond: mbit(30), queueBytes: 300_000 } },
      createPlanner: init => {
        const planner: Planner = createPlanner('adaptive', init)
        planner.sharing = found => told.push([...found])
        return new ObservedPlanner(planner, init, 0, () => {})
      }
    })
    expect(told).toEqual([[1, 2]])
  })
})
