import { ClientNode } from './client-node.ts'
import { Content } from './content.ts'
import { EventQueue } from './event-queue.ts'
import { idealTimeMs } from './ideal.ts'
import type { SimulationObserver } from './observer.ts'
import { Steps } from './over-time.ts'
import { createRandom } from './random.ts'
import type { RelayNode } from './relay-node.ts'
import type { SimulationResult } from './result.ts'
import { RoutePath } from './route-path.ts'
import { DEFAULT_CLOCK_OFFSET_MS, DEFAULT_MAX_MS, type Scenario, type SimulatedRoute } from './scenario.ts'
import { SharedLink } from './shared-link.ts'
import { SourceNode } from './source-node.ts'

/**
 * Runs a whole transfer in virtual time: the real client, source and relay state machines over a modelled network. The
 * same scenario always has the same result. Throws SimulationCheckError when a segment is lost, damaged, doubled or out
 * of order, SimulationHangError when nothing moves any more, and whatever the state machines throw. The observer is told
 * what happens meanwhile.
 */
export function simulate(scenario: Scenario, observer: SimulationObserver = {}): SimulationResult {
  const events = new EventQueue()
  const content = new Content(scenario.sizeBytes, scenario.segmentBytes)
  const source = new SourceNode(events, content, scenario.clockOffsetMs ?? DEFAULT_CLOCK_OFFSET_MS)
  const random = createRandom(scenario.seed ?? 1)
  const links = new Map(
    Object.entries(scenario.links ?? {}).map(([name, spec]) => [name, new SharedLink(events, spec)])
  )
  const relays = new Map<string, RelayNode>()
  const client = new ClientNode(events, content, scenario, observer)
  for (const [route, spec] of scenario.routes.entries()) {
    const path = new RoutePath({
      route,
      spec,
      events,
      random,
      links,
      relays,
      slowStart: scenario.slowStart ?? true,
      source,
      observer,
      deliver: frame => client.receive(route, frame)
    })
    client.offer(route, spec, path)
    if (spec.diesAtMs !== undefined)
      events.at(spec.diesAtMs, () => die(events, route, spec, path, source, client))
  }
  client.start()
  const maxMs = scenario.maxMs ?? DEFAULT_MAX_MS
  while (!client.finished && events.nowMs <= maxMs && events.step()) {}
  return client.result(idealTimeMs(scenario, scenario.routes))
}

function die(
  events: EventQueue,
  route: number,
  spec: SimulatedRoute,
  path: RoutePath,
  source: SourceNode,
  client: ClientNode
): void {
  path.kill()
  const oneWayMs = spec.hops.reduce((sum, hop) => sum + new Steps(hop.delayMs).at(events.nowMs), 0)
  events.after(spec.deathNoticeMs ?? oneWayMs, () => {
    source.routeClosed(route)
    client.routeClosed(route, 'the relay broke down')
  })
}
