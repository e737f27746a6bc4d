import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { Activity } from './activity.ts'
import { ACTIVITY_LIMITS } from './limits.ts'
import { TooManyListenersError } from './refusals.ts'

/** What a listener was sent last, and when. */
interface Sent {
  text: string
  atMs: number
}

/** A comment, which browsers skip. */
const KEEP_ALIVE = ':\n\n'

/**
 * Tells pages by server-sent events what a gateway is fetching: each second a snapshot, where it
 * differs from the last one. One is made for all listeners; whoever has not taken what was sent
 * before does without it.
 */
export class ActivityStream {
  readonly #activity: Pick<Activity, 'snapshot'>
  readonly #scheduler: Scheduler
  readonly #listeners = new Map<ServerResponse, Sent>()
  #cancelTick: () => void = () => {}

  constructor(activity: Pick<Activity, 'snapshot'>, scheduler: Scheduler = systemScheduler) {
    this.#activity = activity
    this.#scheduler = scheduler
  }

  /** Answers with snapshots until the signal is aborted. Throws TooManyListenersError. */
  async answer({ method }: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    if (this.#listeners.size >= ACTIVITY_LIMITS.maxListeners) throw new TooManyListenersError()
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
    const text = `data: ${JSON.stringify(this.#activity.snapshot(nowMs))}\n\n`
    for (const [response, sent] of this.#listeners) this.#send(response, sent, { text, atMs: nowMs })
    this.#cancelTick()
    this.#cancelTick = this.#scheduler.after(ACTIVITY_LIMITS.intervalMs, () => this.#tick())
  }

  #send(response: ServerResponse, sent: Sent, next: Sent): void {
    if (response.writableLength > 0) return
    const isNews = next.text !== sent.text
    if (!isNews && next.atMs - sent.atMs < ACTIVITY_LIMITS.keepAliveMs) return
    response.write(isNews ? next.text : KEEP_ALIVE)
    this.#listeners.set(response, next)
  }
}
