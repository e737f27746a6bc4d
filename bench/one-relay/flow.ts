import type { Stream } from '@libp2p/interface'

/** Pauses and resumes a stream: a pause inside of resume() would be undone by it. */
export class Flow {
  readonly #stream: Stream
  #wantsPause = false
  #resuming = false

  constructor(stream: Stream) {
    this.#stream = stream
  }

  pause(): void {
    this.#wantsPause = true
    if (!this.#resuming && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  resume(): void {
    if (!this.#wantsPause) return
    this.#wantsPause = false
    if (this.#stream.readStatus !== 'paused') return
    this.#resuming = true
    this.#stream.resume()
    this.#resuming = false
    if (this.#wantsPause) this.pause()
  }
}
