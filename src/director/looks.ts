import type { Scheduler } from '../scheduler.ts'
import { PieceWork } from './piece-work.ts'
import { addEffects, noEffects, type RegistryEffects } from './registry-change.ts'
import type { Watch } from './watch.ts'

/** The parts of a director to which changes matter. */
export interface Lookers {
  /** The peer ids of all members. */
  members(): Iterable<string>
  /** Tells a member its neighbours, if they have changed. */
  pushNeighbors(peerId: string): void
  watches(): Watch[]
}

/** Gathers what changes, and has those watches and members looked at that it may concern, in pieces. */
export class Looks {
  readonly #scheduler: Scheduler
  readonly #debounceMs: number
  readonly #lookers: Lookers
  readonly #work: PieceWork
  #unseen = noEffects()
  /** Whether all watches are to be looked at, whatever has changed. */
  #isForAll = false
  #isRunning = false
  #cancelNext: (() => void) | undefined

  /** `debounceMs`: milliseconds for which changes are gathered. */
  constructor(scheduler: Scheduler, debounceMs: number, lookers: Lookers) {
    this.#scheduler = scheduler
    this.#debounceMs = debounceMs
    this.#lookers = lookers
    this.#work = new PieceWork(scheduler)
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  start(): void {
    this.#isRunning = true
  }

  stop(): void {
    this.#isRunning = false
    this.#cancelNext?.()
    this.#cancelNext = undefined
    this.#work.stop()
  }

  add(effects: RegistryEffects): void {
    addEffects(this.#unseen, effects)
    this.#later()
  }

  /** Has all watches looked at: what they are told besides their routes has changed. */
  addAll(): void {
    this.#isForAll = true
    this.#later()
  }

  #later(): void {
    const isNothing = !this.#isForAll && !this.#unseen.topology && this.#unseen.contents.size === 0
    if (isNothing || this.#cancelNext || this.#work.isBusy || !this.#isRunning) return
    this.#cancelNext = this.#scheduler.after(this.#debounceMs, () => {
      this.#cancelNext = undefined
      const [seen, isForAll] = [this.#unseen, this.#isForAll]
      this.#unseen = noEffects()
      this.#isForAll = false
      this.#work.begin(this.#tasks(seen, isForAll), () => this.#later())
    })
  }

  *#tasks(seen: RegistryEffects, isForAll: boolean): Generator<() => void, undefined> {
    const { members, pushNeighbors, watches } = this.#lookers
    for (const peerId of seen.choosers === 'all' ? [...members()] : seen.choosers)
      yield () => pushNeighbors(peerId)
    for (const watch of watches()) yield () => (isForAll ? watch.look() : watch.onChanges(seen))
    return undefined
  }
}
