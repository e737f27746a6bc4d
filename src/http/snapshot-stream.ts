import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Scheduler, systemScheduler } from '../scheduler.ts'

/** What a listener was sent last, and when. */
interface Sent {
  text: string
  atMs: number
}

/** A comment, which browsers skip. */
const KEEP_ALIVE = ':\n\n'
/** Milliseconds of silence after which a listener gets a comment, so that nothing in between gives the connection up. */
export const KEEP_ALIVE_MS = 15_000
/** A snapshot that takes long is made less often: this many times as long as it took passes before the next one. */
const PAUSE = 10

export interface SnapshotStreamOptions {
  /** How things are now, as plain data. */
  snapshot(nowMs: number): unknown
  /** Least time between two snapshots, in milliseconds. */
  intervalMs: number
  /** Listeners at once. */
  maxListeners: number
  /** Default: the system's. */
  scheduler?: Scheduler
}

/**
 * Tells pages by server-sent events how things are: now and then a snapshot, where it differs from
 * the last one. One is made for all listeners; whoever has not taken what was sent before does
 * without it.
 */
export class SnapshotStream {
  readonly #options: SnapshotStreamOptions
  readonly #scheduler: Scheduler
  readonly #listeners = new Map<ServerResponse, Sent>()
  #cancelTick: () => void = () => {}

  constructor(options: SnapshotStreamOptions) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
  }

  /** Whether there is room for one more listener. */
  get hasRoom(): boolean {
    return this.#listeners.size < this.#options.maxListeners
  }

  /** Answers with snapshots until the signal is aborted. */
  async answer({ method }: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    if (method === 'HEAD' || signal.aborted) {
      response.end()
      return
    }
    this.#listeners.set(response, { text: '', atMs: this.#scheduler.nowMs() })
    this.#tick()
    await once(signal, 'abort')
    this.#listeners.delete(response)
    if (this.#listeners.size === 0) this.#cancelTick()
  }

  #tick(): void {
    const nowMs = this.#scheduler.nowMs()
    const text = `data: ${JSON.stringify(this.#options.snapshot(nowMs))}\n\n`
    const tookMs = this.#scheduler.nowMs() - nowMs
    for (const [response, sent] of this.#listeners) this.#send(response, sent, { text, atMs: nowMs })
    this.#cancelTick()
    const pauseMs = Math.max(this.#options.intervalMs, PAUSE * tookMs)
    this.#cancelTick = this.#scheduler.after(pauseMs, () => this.#tick())
  }

  #send(response: ServerResponse, sent: Sent, next: Sent): void {
    if (response.writableLength > 0) return
    const isNews = next.text !== sent.text
    if (!isNews && next.atMs - sent.atMs < KEEP_ALIVE_MS) return
    response.write(isNews ? next.text : KEEP_ALIVE)
    this.#listeners.set(response, next)
  }
}
