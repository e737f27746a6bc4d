import type { MessageStream, MessageStreamReadStatus } from '@libp2p/interface'
import type { Scheduler } from '../scheduler.ts'
import { Budget } from './budget.ts'
import { FRAME_LIMITS } from './limits.ts'

/** Undocumented member of libp2p 3.3.11's connections, encrypted or not. */
export interface PausableConnection extends MessageStream {
  readStatus: MessageStreamReadStatus
}

/**
 * Stops reading a connection for a while when its peer sends small pieces faster than FRAME_LIMITS
 * allows: each costs as much work as a large one.
 */
export class ReadThrottle {
  readonly #connection: PausableConnection
  readonly #scheduler: Scheduler
  readonly #pieces = new Budget(FRAME_LIMITS.smallPieces)
  #isResting = false

  constructor(connection: PausableConnection, scheduler: Scheduler) {
    this.#connection = connection
    this.#scheduler = scheduler
  }

  /** A piece of so many bytes was read: a frame, or a message of noise. */
  took(bytes: number): void {
    const cost = 1 - bytes / FRAME_LIMITS.smallPieceBytes
    if (cost <= 0 || this.#pieces.use(cost, this.#scheduler.nowMs()) >= 0 || this.#isResting) return
    this.#isResting = true
    // A connection that is being resumed would undo a pause from within.
    queueMicrotask(() => this.#rest())
  }

  #rest(): void {
    const connection = this.#connection
    if (connection.readStatus !== 'readable') {
      this.#isResting = false
      return
    }
    connection.pause()
    const wake = () => {
      this.#isResting = false
      if (connection.readStatus === 'paused') connection.resume()
    }
    const cancel = this.#scheduler.after(this.#pieces.debtMs(), wake)
    connection.addEventListener('close', cancel, { once: true })
  }
}
