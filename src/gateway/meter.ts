import type { IncomingMessage, ServerResponse } from 'node:http'
import { Histogram, SECONDS_TO_ANSWER } from '../units/histogram.ts'

/** Counts what a gateway or proxy answers. */
export class GatewayMeter {
  /** Requests that are over, by the status of their answer; 0 where there was none, as with a tunnel. */
  readonly requests = new Map<number, number>()
  /** Requests that are being answered. */
  open = 0
  #endedBytes = 0
  readonly #answering = new Map<IncomingMessage, number>()
  /** Seconds that readers have waited for their next bytes, which were on their way from the routes or the disk. */
  readonly waitSeconds = new Histogram(SECONDS_TO_ANSWER)

  /** Requests that are over. */
  get answered(): number {
    return [...this.requests.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Bytes sent over connections to readers, heads of answers included. */
  get sentBytes(): number {
    let bytes = this.#endedBytes
    for (const [{ socket }, before] of this.#answering) bytes += socket.bytesWritten - before
    return bytes
  }

  /** An answer begins; the connection is its own until the function returned is called. */
  begin(request: IncomingMessage, response: ServerResponse): () => void {
    this.open++
    this.#answering.set(request, request.socket.bytesWritten)
    return () => {
      this.open--
      this.#endedBytes += request.socket.bytesWritten - this.#answering.get(request)!
      this.#answering.delete(request)
      const status = response.headersSent ? response.statusCode : 0
      this.requests.set(status, (this.requests.get(status) ?? 0) + 1)
    }
  }

  waited(waitMs: number): void {
    this.waitSeconds.observe(waitMs / 1000)
  }
}
