import type { RelayView } from '../relay/relay-view.ts'
import { formatBytes } from '../units/units.ts'
import { NODE_PAGE_LIMITS as LIMITS } from './limits.ts'
import { NodesMeter, type RatedRelay } from './nodes-view.ts'
import { type Problem, problemsFirst } from './problem.ts'

/** What a relay's page shows. */
export interface RelayPageView extends Omit<RatedRelay, 'role' | 'pid' | 'worker' | 'figures'> {
  peerId: string
  problems: Problem[]
  /** Bytes a second in each of the last seconds, the latest last. */
  history: { down: number[]; up: number[] }
  /** Routes that run and are left out of `routes`. */
  leftOut: number
}

/** Makes what a relay's page shows of what the relay tells each second. Pure. */
export class RelayPageMeter {
  readonly #peerId: string
  readonly #meter = new NodesMeter()
  readonly #history = { down: [] as number[], up: [] as number[] }

  constructor(peerId: string) {
    this.#peerId = peerId
  }

  /** `found`: problems besides those that are seen here. `atMs`: milliseconds of any clock. */
  follow(relay: RelayView, found: readonly Problem[], atMs: number): RelayPageView {
    const node = { role: 'relay', pid: 0, figures: {}, relay }
    const [rated] = this.#meter.follow([node], [], atMs).relays
    const { role: _, pid: __, figures: ___, ...view } = rated!
    push(this.#history.down, view.downBytesPerSecond)
    push(this.#history.up, view.upBytesPerSecond)
    const busiest = view.routes.toSorted((a, b) => (b.downBytesPerSecond ?? 0) - (a.downBytesPerSecond ?? 0))
    const routes = busiest.slice(0, LIMITS.maxRoutes)
    return {
      ...view,
      peerId: this.#peerId,
      problems: problemsFirst([...found, ...problemsOf(view)]),
      history: this.#history,
      routes,
      leftOut: view.routes.length - routes.length
    }
  }
}

function push(rates: number[], rate: number | undefined): void {
  if (rate !== undefined) rates.push(Math.round(rate))
  if (rates.length > LIMITS.relaySlots) rates.shift()
}

function problemsOf(view: Omit<RatedRelay, 'role' | 'pid' | 'figures'>): Problem[] {
  const { takesNone, limits, routes, heldBytes, downBytesPerSecond = 0 } = view
  const { maxRoutes, maxHeldBytes, maxRateBytesPerSecond = Number.POSITIVE_INFINITY } = limits
  const found: Problem[] = []
  const notice = (what: string, remedy: string) => found.push({ severity: 'notice', what, remedy })
  if (takesNone === 'stopping')
    found.push({ severity: 'notice', what: 'the relay stops and takes no routes' })
  else if (takesNone !== undefined)
    found.push({
      severity: 'problem',
      what: `takes no routes: ${takesNone}`,
      remedy: 'wait for the next day or month (UTC), or raise --max-bytes-per-day or --max-bytes-per-month'
    })
  if (routes.length >= maxRoutes)
    notice(`all places for routes are taken (${maxRoutes})`, 'raise --max-sessions for more')
  if (downBytesPerSecond >= LIMITS.atLimit * maxRateBytesPerSecond)
    notice('forwards all that --max-rate allows', 'raise --max-rate where the line has more')
  if (heldBytes >= LIMITS.atLimit * maxHeldBytes)
    notice(
      `${formatBytes(heldBytes)} wait in memory, nearly all that may`,
      'raise --memory, or lower --max-sessions'
    )
  return found
}
