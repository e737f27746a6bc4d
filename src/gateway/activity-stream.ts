import type { IncomingMessage, ServerResponse } from 'node:http'
import { SnapshotStream } from '../http/snapshot-stream.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { Activity } from './activity.ts'
import { ACTIVITY_LIMITS } from './limits.ts'
import { TooManyListenersError } from './refusals.ts'

/** Tells pages by server-sent events what a gateway is fetching, each second where that has changed. */
export class ActivityStream {
  readonly #stream: SnapshotStream

  constructor(activity: Pick<Activity, 'snapshot'>, scheduler: Scheduler = systemScheduler) {
    const { intervalMs, maxListeners } = ACTIVITY_LIMITS
    this.#stream = new SnapshotStream({
      snapshot: nowMs => activity.snapshot(nowMs),
      ...{ intervalMs, maxListeners, scheduler }
    })
  }

  /** Answers with snapshots until the signal is aborted. Throws TooManyListenersError. */
  async answer(request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<void> {
    if (!this.#stream.hasRoom) throw new TooManyListenersError()
    await this.#stream.answer(request, response, signal)
  }
}
