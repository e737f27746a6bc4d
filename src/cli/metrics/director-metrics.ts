import type { Director } from '../../director/director.ts'
import type { DirectorEvent } from '../../director/director-event.ts'
import { WireStatus } from '../../errors.ts'
import { counter, gauge, histogram, type Observed, type Readings } from './metric.ts'
import { seriesByStatus } from './status-series.ts'

/** What a director tells of its work. */
export const DIRECTOR_METRICS = {
  anabranch_director_nodes: gauge(
    'Registered nodes; draining ones take nothing new, those in grace have lost their connection.',
    ['role', 'state']
  ),
  anabranch_director_nodes_unreachable: gauge(
    'Nodes that the director has found at no address: attached ones, and those to which nobody is led.',
    ['role']
  ),
  anabranch_director_contents: gauge("Contents of all sources, each source's own ones counted."),
  anabranch_director_watches: gauge('Queries whose answers are told again when they change.'),
  anabranch_director_queries_total: counter('Queries, by the status of their first answer.', ['outcome']),
  anabranch_director_query_seconds: histogram(
    'From a query until its first answer is told; refused ones are not in it.'
  ),
  anabranch_director_registrations_refused_total: counter(
    'Nodes refused, or registered without anybody being led to them for their version.',
    ['reason']
  ),
  anabranch_director_unreached_total: counter(
    'Times that a node was found at none or not all of its addresses.'
  ),
  anabranch_director_complaints_total: counter('Complaints of relays, each host once for a relay.'),
  anabranch_director_failures_total: counter("Requests not answered through the director's own fault."),
  anabranch_director_state_up: gauge('With --state: 1 while the shared state is at hand, else 0.'),
  anabranch_director_peers: gauge('With --state: other directors that share their nodes.')
}

const OUTCOMES = [
  WireStatus.ok,
  WireStatus.unknownContent,
  WireStatus.refusedSessions,
  WireStatus.notAdmitted
]
const REFUSALS = [
  WireStatus.notAdmitted,
  WireStatus.otherVersion,
  WireStatus.taken,
  WireStatus.refusedSessions
]

/** Reads a director's metrics; it has to hear the director's events and failures. */
export class DirectorMetrics {
  readonly #hasState: boolean
  /** To be set once the director has started: then it answers. */
  isStarted = false
  #isStateUp = false
  readonly #peers = new Set<string>()
  #unreached = 0
  #complaints = 0
  #failures = 0

  /** `hasState`: whether the director shares a state with others. */
  constructor(hasState: boolean) {
    this.#hasState = hasState
  }

  onEvent(event: DirectorEvent): void {
    if (event.kind === 'unreached') this.#unreached++
    if (event.kind === 'complaint') this.#complaints++
    if (event.kind === 'stateFound') this.#isStateUp = true
    if (event.kind === 'stateLost') this.#isStateUp = false
    if (event.kind === 'directorFound') this.#peers.add(event.peerId)
    if (event.kind === 'directorLost') this.#peers.delete(event.peerId)
  }

  onFailure(): void {
    this.#failures++
  }

  observed(director: Director): Observed<typeof DIRECTOR_METRICS> {
    return {
      metrics: DIRECTOR_METRICS,
      read: () => this.#read(director),
      whyNotReady: () => (this.isStarted ? undefined : 'the director does not answer yet')
    }
  }

  #read({ counts, tally }: Director): Readings<typeof DIRECTOR_METRICS> {
    const { queries, refusedNodes, querySeconds } = tally.tallies
    const unreachable = (role: string) =>
      counts.groups.filter(group => group.role === role).reduce((sum, group) => sum + group.unreachable, 0)
    return {
      anabranch_director_nodes: counts.groups.map(({ role, state, nodes }) => ({
        labels: { role, state },
        value: nodes
      })),
      anabranch_director_nodes_unreachable: ['source', 'relay'].map(role => ({
        labels: { role },
        value: unreachable(role)
      })),
      anabranch_director_contents: counts.contents,
      anabranch_director_watches: counts.watches,
      anabranch_director_queries_total: seriesByStatus('outcome', queries, OUTCOMES),
      anabranch_director_query_seconds: querySeconds,
      anabranch_director_registrations_refused_total: seriesByStatus('reason', refusedNodes, REFUSALS),
      anabranch_director_unreached_total: this.#unreached,
      anabranch_director_complaints_total: this.#complaints,
      anabranch_director_failures_total: this.#failures,
      anabranch_director_state_up: this.#hasState ? Number(this.#isStateUp) : undefined,
      anabranch_director_peers: this.#hasState ? this.#peers.size : undefined
    }
  }
}
