import type { BurstyLoss } from './bursty-loss.ts'
import { ClientNode } from './client-node.ts'
import { Content } from './content.ts'
import { EventQueue } from './event-queue.ts'
import { idealTimeMs } from './ideal.ts'
import type { SimulationObserver } from './observer.ts'
import { type Interval, Steps } from './over-time.ts'
import { createRandom } from './random.ts'
import type { RelayNode } from './relay-node.ts'
import type { SimulationResult } from './result.ts'
import { RoutePath } from './route-path.ts'
import {
  breakdownsOf,
  DEFAULT_CLOCK_OFFSET_MS,
  DEFAULT_MAX_MS,
  type Scenario,
  type SimulatedRoute,
  sourceOf
} from './scenario.ts'
import { SharedLink } from './shared-link.ts'
import { SourceNode } from './source-node.ts'
import { TcpFlow } from './tcp-flow.ts'

/**
 * Runs a whole transfer in virtual time: the real client, source and relay state machines over a
 * modelled network. The same scenario always has the same result. The observer is told the events
 * meanwhile.
 * Throws SimulationCheckError when a segment is lost, damaged, doubled or out of order,
 * SimulationHangError when nothing moves any more, and whatever the state machines throw.
 */
export function simulate(scenario: Scenario, observer: SimulationObserver = {}): SimulationResult {
  const events = new EventQueue()
  const content = new Content(scenario.sizeBytes, scenario.segmentBytes, scenario.live?.frames?.lengths)
  const clockOffsetMs = scenario.clockOffsetMs ?? DEFAULT_CLOCK_OFFSET_MS
  const names = new Set(scenario.routes.map(sourceOf))
  const sources = new Map(
    [...names].map((name, at) => {
      // Each source has a clock of its own.
      const node = { peerId: name, clockOffsetMs: (at + 1) * clockOffsetMs }
      return [name, new SourceNode(events, content, node, scenario.live)]
    })
  )
  const sourceFor = (index: number) => sources.get(sourceOf(scenario.routes[index]!))!
  const random = createRandom(scenario.seed ?? 1)
  const links = new Map(
    Object.entries(scenario.links ?? {}).map(([name, spec]) => [name, new SharedLink(events, spec)])
  )
  const relays = new Map<string, RelayNode>()
  const bursts = new Map<string, BurstyLoss>()
  const client = new ClientNode({
    events,
    content,
    scenario,
    observer,
    connect: (index, route, deliver) =>
      new RoutePath({
        route,
        spec: scenario.routes[index]!,
        events,
        random,
        links,
        relays,
        bursts,
        slowStart: scenario.slowStart ?? true,
        source: sourceFor(index),
        observer,
        deliver
      }),
    routeEnded: (index, route) => sourceFor(index).routeClosed(route)
  })
  for (const [index, spec] of scenario.routes.entries()) {
    client.offer(index)
    for (const breakdown of breakdownsOf(spec)) {
      events.at(breakdown.fromMs, () => {
        const source = sourceFor(index)
        breakDown({ events, index, spec, breakdown, source, client })
      })
    }
  }
  const flows = (scenario.flows ?? []).map(
    spec =>
      new TcpFlow({
        events,
        random,
        links,
        spec,
        slowStart: scenario.slowStart ?? true,
        parcelBytes: scenario.segmentBytes
      })
  )
  client.start()
  const maxMs = scenario.maxMs ?? DEFAULT_MAX_MS
  while (!client.isOver && events.nowMs <= maxMs && events.step()) {}
  return {
    ...client.result(idealTimeMs(scenario, scenario.routes)),
    flows: flows.map(({ progress }) => progress)
  }
}

interface BreakdownInit {
  events: EventQueue
  index: number
  spec: SimulatedRoute
  breakdown: Interval
  source: SourceNode
  client: ClientNode
}

function breakDown({ events, index, spec, breakdown, source, client }: BreakdownInit): void {
  const used = client.routeOver(index)
  used?.path.kill()
  const oneWayMs = spec.hops.reduce((sum, hop) => sum + new Steps(hop.delayMs).at(events.nowMs), 0)
  events.after(spec.deathNoticeMs ?? oneWayMs, () => {
    if (breakdown.toMs === Number.POSITIVE_INFINITY) client.withdraw(index)
    if (!used || used.isClosed) return
    source.routeClosed(used.route)
    client.routeClosed(used, 'the relay broke down')
  })
}
