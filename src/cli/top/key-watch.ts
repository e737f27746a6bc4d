import type { ReadStream } from 'node:tty'

const CTRL_C = '\u0003'
const CTRL_Z = '\u001a'

/** What is to happen at keys. */
export interface KeyHandlers {
  /** Somebody has typed `q` or Ctrl-C. */
  onEnd(): void
  /** The process is about to be stopped, as by Ctrl-Z; and it goes on. */
  onStop(): void
  onContinue(): void
}

/** Hears single keys of a terminal. Where standard input is none, there are signals alone. */
export class KeyWatch {
  readonly #input: ReadStream
  readonly #handlers: KeyHandlers

  constructor(input: ReadStream, handlers: KeyHandlers) {
    this.#input = input
    this.#handlers = handlers
    if (!input.isTTY) return
    input.setRawMode(true)
    input.on('data', this.#onData)
    process.on('SIGCONT', this.#onContinued)
  }

  /** Leaves the terminal as it was before. */
  close(): void {
    if (!this.#input.isTTY) return
    process.off('SIGCONT', this.#onContinued)
    this.#input.off('data', this.#onData)
    this.#input.setRawMode(false)
    this.#input.pause()
  }

  readonly #onData = (data: Buffer): void => {
    const typed = data.toString('latin1')
    if (typed.includes('q') || typed.includes(CTRL_C)) this.#handlers.onEnd()
    else if (typed.includes(CTRL_Z)) this.#stop()
  }

  /** A terminal that tells single keys leaves the stopping to us. */
  #stop(): void {
    this.#handlers.onStop()
    this.#input.setRawMode(false)
    process.kill(process.pid, 'SIGSTOP')
  }

  readonly #onContinued = (): void => {
    this.#input.setRawMode(true)
    this.#handlers.onContinue()
  }
}
