import type { Scheduler } from '../scheduler.ts'
import type { DialFailure } from './failure-reasons.ts'

/**
 * Milliseconds without an answer after which the next address is tried: the default of RFC 8305,
 * section 5.
 */
export const DIAL_STAGGER_MS = 250

/**
 * Milliseconds without an answer after which an address is dialled once more beside the try that waits: long enough for
 * the handshakes of most links.
 */
export const DIAL_AGAIN_MS = 1_000

/** All tries of a race have failed. */
export class DialRaceLostError<A> extends Error {
  readonly failures: readonly DialFailure<A>[]

  constructor(failures: readonly DialFailure<A>[]) {
    super('No address answered')
    this.name = 'DialRaceLostError'
    this.failures = failures
  }
}

/** An address has not answered in its time. */
export class NoAnswerError extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs / 1000} s`)
    this.name = 'NoAnswerError'
  }
}

export interface DialRaceInit<A, C> {
  /**
   * Returns the next address to try; undefined while there is none. It is asked again after each
   * stagger and each failure, since more addresses may come. A rejection counts as a try that
   * failed.
   */
  next(): Promise<A | undefined>
  /** The signal is never aborted once the dial has succeeded: sockets hold on to it. */
  dial(address: A, signal: AbortSignal): Promise<C>
  /** Ends a connection that was made after another had won. */
  discard(connection: C): void
  /** Milliseconds after which one address is given up. */
  timeoutMs: number
  scheduler: Scheduler
  signal: AbortSignal
}

/**
 * Dials one peer at its addresses, each a stagger after the one before, or at once where a try has failed. The first
 * connection wins, the other tries are aborted. Throws DialRaceLostError, or the signal's reason.
 */
export async function raceDials<A, C>(init: DialRaceInit<A, C>): Promise<C> {
  const race = new DialRace(init)
  const onAbort = (): void => race.abort(init.signal.reason)
  init.signal.addEventListener('abort', onAbort)
  try {
    return await race.run()
  } finally {
    init.signal.removeEventListener('abort', onAbort)
  }
}

class DialRace<A, C> {
  readonly #init: DialRaceInit<A, C>
  readonly #running = new Set<AddressDial<A, C>>()
  readonly #failures: DialFailure<A>[] = []
  readonly #winner = Promise.withResolvers<C>()
  #isWon = false
  #wake = (): void => {}

  constructor(init: DialRaceInit<A, C>) {
    this.#init = init
  }

  /** The next address may take long to come: a connection that stands meanwhile is not held up. */
  async run(): Promise<C> {
    return await Promise.race([this.#winner.promise, this.#tryAll()])
  }

  abort(reason: unknown): void {
    for (const attempt of this.#running) attempt.abort(reason)
    this.#wake()
  }

  /** Tries addresses until one has won, and rejects when all have failed. */
  async #tryAll(): Promise<C> {
    while (!this.#isWon) {
      const address = await this.#init.next().catch(error => this.#failed(undefined, error))
      if (this.#isWon) break
      this.#init.signal.throwIfAborted()
      if (address !== undefined) void this.#try(address)
      else if (this.#running.size === 0) throw new DialRaceLostError(this.#failures)
      await this.#stagger()
    }
    return await this.#winner.promise
  }

  async #try(address: A): Promise<void> {
    const attempt = new AddressDial(address, this.#init)
    this.#running.add(attempt)
    try {
      const connection = await attempt.outcome
      this.#running.delete(attempt)
      this.#win(connection)
    } catch (error) {
      this.#running.delete(attempt)
      this.#failed(address, error)
      this.#wake()
    }
  }

  #win(connection: C): void {
    if (this.#isWon) {
      this.#init.discard(connection)
      return
    }
    this.#isWon = true
    this.#winner.resolve(connection)
    this.abort(new Error('another address was faster'))
  }

  /** Waits for a stagger; returns early when there is something to decide. */
  async #stagger(): Promise<void> {
    const woken = Promise.withResolvers<void>()
    this.#wake = woken.resolve
    const cancel = this.#init.scheduler.after(DIAL_STAGGER_MS, woken.resolve)
    await woken.promise
    cancel()
  }

  #failed(address: A | undefined, error: unknown): undefined {
    this.#failures.push({ address, error })
  }
}

/**
 * Dials one address, and dials it again beside while it does not answer: the system repeats a first packet that was lost
 * after 1, 3 and 7 s only, and from the address that the host had at first.
 */
class AddressDial<A, C> {
  readonly #address: A
  readonly #init: DialRaceInit<A, C>
  readonly #running = new Set<AbortController>()
  readonly #outcome = Promise.withResolvers<C>()
  readonly #cancelTimeout: () => void
  #cancelRepeat = (): void => {}
  #isOver = false

  constructor(address: A, init: DialRaceInit<A, C>) {
    this.#address = address
    this.#init = init
    const { scheduler, timeoutMs } = init
    const giveUp = () => this.abort(new NoAnswerError(timeoutMs))
    this.#cancelTimeout = scheduler.after(timeoutMs, giveUp)
    this.#begin()
  }

  /** Rejects with the first failure, or the reason of the abort. */
  get outcome(): Promise<C> {
    return this.#outcome.promise
  }

  abort(reason: unknown): void {
    this.#end()
    this.#outcome.reject(reason)
    for (const attempt of this.#running) attempt.abort(reason)
  }

  #begin(): void {
    this.#cancelRepeat = this.#init.scheduler.after(DIAL_AGAIN_MS, () => this.#begin())
    const attempt = new AbortController()
    this.#running.add(attempt)
    this.#init.dial(this.#address, attempt.signal).then(
      connection => {
        this.#running.delete(attempt)
        if (this.#isOver) this.#init.discard(connection)
        else {
          this.#outcome.resolve(connection)
          this.abort(new Error('another try was faster'))
        }
      },
      error => {
        this.#running.delete(attempt)
        if (!this.#isOver) this.abort(error)
      }
    )
  }

  #end(): void {
    this.#isOver = true
    this.#cancelTimeout()
    this.#cancelRepeat()
  }
}
