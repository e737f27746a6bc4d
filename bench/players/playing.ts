import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** Time in ms after the request from which a stop of the picture counts. */
const START_MS = 2_000

/** What became of a film that a program played. */
export interface Playing {
  /** Time in ms from the program's start, or from when it was given the address, to its first picture. */
  startUpMs: number
  /** Stops for want of bytes later than two seconds after that start. */
  stops: { atMs: number; durationMs: number }[]
  /** Pictures that were shown late or left out. */
  latePictures: number
  /** How much longer than the film it took from the first picture to the end, in ms. */
  extraMs: number
}

/** Takes what a program does as it happens, in times since its start. */
export class Watch {
  readonly child: ChildProcess
  readonly ended: Promise<unknown[]>
  #startedMs = performance.now()
  readonly #stops: Playing['stops'] = []
  #firstMs: number | undefined
  #stoppedMs: number | undefined
  latePictures = 0

  /** Starts the program with pipes; those from the fourth on are for its own use. */
  constructor([program, ...args]: string[], pipes = 3) {
    this.child = spawn(program!, args, { stdio: Array.from({ length: pipes }, () => 'pipe' as const) })
    this.ended = once(this.child, 'exit')
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.resume()
  }

  get nowMs(): number {
    return performance.now() - this.#startedMs
  }

  /** Counts the times from now on: the program asks for the film only now. */
  asks(): void {
    this.#startedMs = performance.now()
  }

  picture(): void {
    this.#firstMs ??= this.nowMs
  }

  /** The picture stands still since `atMs`. Without effect before the first one. */
  stopped(atMs = this.nowMs): void {
    if (this.#firstMs !== undefined) this.#stoppedMs ??= atMs
  }

  goesOn(): void {
    const atMs = this.#stoppedMs
    this.#stoppedMs = undefined
    if (atMs !== undefined && atMs >= START_MS) this.#stops.push({ atMs, durationMs: this.nowMs - atMs })
  }

  /** What became of a film of that length, which ends now. */
  playing(lengthMs: number): Playing {
    if (this.#firstMs === undefined) throw new Error('no picture was shown')
    return {
      startUpMs: this.#firstMs,
      stops: this.#stops,
      latePictures: this.latePictures,
      extraMs: this.nowMs - this.#firstMs - lengthMs
    }
  }
}
