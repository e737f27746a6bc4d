import { AnabranchError, ExitCode } from '../errors.ts'
import { MAX_ROUTES, Pattern } from '../pattern/pattern.ts'
import type { LossItem } from '../planner/diagnosis/loss-attribution.ts'
import { Pace } from '../planner/pace.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { LEAST_RATE } from './defaults.ts'
import { idOf, type RoutePath } from './route-table.ts'
import type { SessionSteering, ShownRoute } from './session-steering.ts'

/** What was wanted of a running fetch by hand cannot be done. */
export class FetchControlError extends AnabranchError {
  constructor(message: string) {
    super('ERR_CONTROL', message, { exitCode: ExitCode.usage })
  }
}

/** One content that is being fetched. */
export interface ShownContent {
  name: string
  /** Bytes of the content that the output has. */
  bytes: number
  /** Absent where it is not known yet. */
  sizeBytes?: number
  isLive: boolean
  /** Milliseconds since the fetch began. */
  elapsedMs: number
  /** Bytes that are here and wait for bytes before them. */
  reorderBytes: number
  /** The most that it may have together with the other contents of the fetch, in bytes a second; absent without a limit. */
  limitBytesPerSecond?: number
  /** The longest time without any progress so far, in milliseconds. */
  longestStallMs: number
  /** The time that the routes would not have needed at their estimated rates, by cause; none of a live content. */
  lossAttribution: LossItem[]
  /** The pattern that was applied last. Absent before the first. */
  pattern?: string
  routes: ShownRoute[]
}

/** What a fetch does now, and what was wanted of it by hand. */
export interface FetchSnapshot {
  isPaused: boolean
  /** The pattern that is pinned. */
  pinned?: string
  /** In bytes a second, where there is a limit. */
  maxRateBytesPerSecond?: number
  /** Of live contents, in milliseconds. */
  latencyMs?: number
  contents: ShownContent[]
}

/** One transfer that a control steers. */
export interface ControlledTransfer {
  /** The paths that it may use. */
  readonly paths: readonly RoutePath[]
  show(): Omit<ShownContent, 'routes' | 'pattern'>
  readonly steering: SessionSteering
  /** Does something to the session, and plans anew. */
  steer(act: (steering: SessionSteering, nowMs: number) => void): void
  addPath(path: RoutePath): void
  /** Tells those who watch the fetch what was done. */
  told(change: string): void
}

/**
 * The control of fetches that run: given to Client.fetch as `control`, it steers all that they carry, what begins later
 * included. Each command throws FetchControlError where it cannot be carried out; then nothing has changed.
 */
export class FetchControl {
  /** What all fetches keep within that are given no pace of their own; without a limit until one is set. */
  readonly pace = new Pace()
  readonly #transfers = new Set<ControlledTransfer>()
  #isPaused = false
  #pinned: Pattern | undefined
  /** Undefined: as the fetch was asked for. */
  #maxRate: { bytesPerSecond: number | undefined } | undefined
  #latency: { ms: number | undefined } | undefined
  /** The ids of parked paths. */
  readonly #parked = new Set<string>()
  readonly #added: RoutePath[] = []

  show(): FetchSnapshot {
    const bytesPerSecond = this.#maxRate?.bytesPerSecond
    const latencyMs = this.#latency?.ms
    return {
      isPaused: this.#isPaused,
      ...(this.#pinned ? { pinned: this.#pinned.toString() } : {}),
      ...(bytesPerSecond === undefined ? {} : { maxRateBytesPerSecond: bytesPerSecond }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      contents: [...this.#transfers].map(transfer => {
        const { pattern } = transfer.steering
        return {
          ...transfer.show(),
          ...(pattern === undefined ? {} : { pattern }),
          routes: transfer.steering.show()
        }
      })
    }
  }

  /**
   * Keeps this pattern, as `AAB`, until another is pinned or it is unpinned. The share of a route that is not there goes
   * to the others in turn, and back once the route is.
   */
  pin(text: string): void {
    const pattern = Pattern.parse(text)
    const ids = this.#pathIds()
    for (const letter of new Set(text.replace(/[[\]]/g, ''))) this.#pathOf(letter, ids)
    this.#pinned = pattern
    this.#each(`pattern ${text} is pinned`, (steering, nowMs) =>
      steering.steer({ type: 'pinned', pattern: text }, nowMs)
    )
  }

  unpin(): void {
    if (!this.#pinned) throw new FetchControlError('no pattern is pinned')
    this.#pinned = undefined
    this.#each('no pattern is pinned any more', (steering, nowMs) =>
      steering.steer({ type: 'pinned' }, nowMs)
    )
  }

  /** The route, by its letter, carries nothing more until it is unparked. What its source has sent already comes. */
  park(letter: string): void {
    const ids = this.#pathIds()
    const pathId = this.#pathOf(letter, ids)
    if (this.#parked.has(pathId)) throw new FetchControlError(`route ${letter} is parked already`)
    if ([...ids.values()].every(id => id === pathId || this.#parked.has(id)))
      throw new FetchControlError(`route ${letter} is the only one left; pause the fetch instead`)
    this.#parked.add(pathId)
    this.#each(`route ${letter} is parked`, (steering, nowMs) => steering.park(pathId, true, nowMs))
  }

  unpark(letter: string): void {
    const pathId = this.#pathOf(letter, this.#pathIds())
    if (!this.#parked.delete(pathId)) throw new FetchControlError(`route ${letter} was not parked`)
    this.#each(`route ${letter} is used again`, (steering, nowMs) => steering.park(pathId, false, nowMs))
  }

  /** Adds a route over these relays, the nearest first. Default source: the one that the first route leads to. */
  addRoute(relays: PeerAddresses[], source?: PeerAddresses): void {
    const [transfer] = this.#transfers
    const known = transfer?.paths[0]?.source
    const to = source ?? known
    if (!transfer || !to) throw new FetchControlError('nothing is being fetched yet')
    const path = { relays, source: to }
    const all = [...this.#transfers].flatMap(({ paths }) => [...paths])
    if (all.some(other => idOf({ ...other, uplink: undefined }) === idOf(path)))
      throw new FetchControlError('there is a route over these relays to that source already')
    if (this.#added.length >= MAX_ROUTES)
      throw new FetchControlError(`${MAX_ROUTES} routes were added already`)
    this.#added.push(path)
    for (const each of this.#transfers) {
      each.addPath(path)
      each.told('a route was added')
    }
  }

  /** Of live contents: what is not here so long after it was made is left out; without a time it is waited for. */
  setLatency(ms: number | undefined): void {
    if (ms !== undefined && !(Number.isFinite(ms) && ms > 0))
      throw new FetchControlError('a latency is a time above zero')
    if (![...this.#transfers].some(transfer => transfer.show().isLive))
      throw new FetchControlError('a latency is for live contents, and none is being fetched')
    this.#latency = { ms }
    this.#each(
      ms === undefined ? 'nothing is left out any more' : `the latency is ${ms} ms`,
      (steering, nowMs) => steering.setLatency(ms, nowMs)
    )
  }

  /** Keeps what is fetched within a rate; without one there is no limit. */
  setMaxRate(bytesPerSecond: number | undefined): void {
    if (bytesPerSecond !== undefined && !(Number.isFinite(bytesPerSecond) && bytesPerSecond >= LEAST_RATE))
      throw new FetchControlError(`a rate is ${LEAST_RATE} bytes a second or more`)
    this.#maxRate = { bytesPerSecond }
    const change =
      bytesPerSecond === undefined ? 'no limit of the rate' : `${bytesPerSecond} bytes a second at most`
    this.#each(change, (steering, nowMs) => steering.steer(limitOf(bytesPerSecond), nowMs))
  }

  /** Orders nothing more. What is under way comes, the routes stay open, and patience does not count. */
  pause(): void {
    if (this.#isPaused) throw new FetchControlError('the fetch is paused already')
    this.#isPaused = true
    this.#each('paused', (steering, nowMs) => steering.pause(true, nowMs))
  }

  resume(): void {
    if (!this.#isPaused) throw new FetchControlError('the fetch is not paused')
    this.#isPaused = false
    this.#each('the fetch goes on', (steering, nowMs) => steering.pause(false, nowMs))
  }

  /** For the fetches alone: a transfer begins, of which all holds that was wanted so far. Returns what ends that. */
  attach(transfer: ControlledTransfer): () => void {
    this.#transfers.add(transfer)
    for (const path of this.#added) transfer.addPath(path)
    transfer.steer((steering, nowMs) => {
      for (const pathId of this.#parked) steering.park(pathId, true, nowMs)
      if (this.#pinned) steering.steer({ type: 'pinned', pattern: this.#pinned.toString() }, nowMs)
      if (this.#maxRate) steering.steer(limitOf(this.#maxRate.bytesPerSecond), nowMs)
      if (this.#latency) steering.setLatency(this.#latency.ms, nowMs)
      if (this.#isPaused) steering.pause(true, nowMs)
    })
    return () => this.#transfers.delete(transfer)
  }

  #each(change: string, act: (steering: SessionSteering, nowMs: number) => void): void {
    for (const transfer of this.#transfers) {
      transfer.steer(act)
      transfer.told(change)
    }
  }

  /** The paths of the routes in use, by letter, where a letter means the same in all transfers. */
  #pathIds(): Map<string, string> {
    const ids = new Map<string, string>()
    for (const [letter, id] of [...this.#transfers].flatMap(({ steering }) => [...steering.pathIds])) {
      const other = ids.get(letter)
      if (other !== undefined && other !== id)
        throw new FetchControlError(`${letter} is not the same route in all contents that are being fetched`)
      ids.set(letter, id)
    }
    return ids
  }

  #pathOf(letter: string, ids: ReadonlyMap<string, string>): string {
    const id = ids.get(letter)
    if (id !== undefined) return id
    const letters = [...ids.keys()].sort().join(', ')
    throw new FetchControlError(
      ids.size === 0 ? 'the fetch has no route now' : `there is no route ${letter} now; there are ${letters}`
    )
  }
}

function limitOf(rateBytesPerSecond: number | undefined) {
  return { type: 'limited' as const, ...(rateBytesPerSecond === undefined ? {} : { rateBytesPerSecond }) }
}
