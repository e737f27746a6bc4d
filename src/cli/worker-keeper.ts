import { ExitCode } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'

/** Milliseconds before a worker that has ended by itself is started again; they double each time, up to the second value. */
const AGAIN_MS = 500
const AGAIN_AT_MOST_MS = 30_000

/** Milliseconds after which a worker counts as steady: its next end is the first one again. */
const STEADY_MS = 60_000

/** Milliseconds that a worker which is started anew has to be ready, before the next one has its turn all the same. */
const READY_PATIENCE_MS = 15_000

/** A worker's process, as far as its keeper uses it. */
export interface WorkerProcess {
  readonly pid: number | undefined
  /** Asks the worker to end in good order. */
  askForEnd(): void
}

export interface WorkerWatch {
  /** The worker serves and, where it registers with directors, is known to one. */
  ready(): void
  /** The process is over; `code` is null where a signal ended it. */
  ended(code: number | null): void
}

export type WorkerChange =
  | { kind: 'started'; worker: number; pid: number | undefined }
  | { kind: 'ended'; worker: number; code: number | null; againMs: number | undefined }

export interface WorkerKeeperOptions {
  count: number
  /** Starts the process of a worker, whose number is given. */
  run(number: number, watch: WorkerWatch): WorkerProcess
  onChange(change: WorkerChange): void
  scheduler: Scheduler
}

interface Kept {
  process: WorkerProcess | undefined
  wasReady: boolean
  startedAtMs: number
  /** How often in a row it has ended by itself. */
  ends: number
  cancelStart: (() => void) | undefined
  /** Called when the process is over, and when the worker is ready. */
  onEnded: (() => void) | undefined
  onReady: (() => void) | undefined
}

/** Keeps the workers of one command running, and starts them anew in turn. */
export class WorkerKeeper {
  readonly #options: WorkerKeeperOptions
  readonly #workers: Kept[]
  readonly #failed = Promise.withResolvers<number>()
  #isStopping = false
  #turn: Promise<void> | undefined

  constructor(options: WorkerKeeperOptions) {
    this.#options = options
    this.#workers = Array.from({ length: options.count }, () => ({
      process: undefined,
      wasReady: false,
      startedAtMs: 0,
      ends: 0,
      cancelStart: undefined,
      onEnded: undefined,
      onReady: undefined
    }))
  }

  /**
   * Resolves with the exit code of a worker that could not start at all for a reason that only
   * people can mend, such as a setting. The others are to be stopped then.
   */
  get failed(): Promise<number> {
    return this.#failed.promise
  }

  start(): void {
    for (const number of this.#workers.keys()) this.#start(number)
  }

  /** Asks all workers to end. Resolves when they have. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const worker of this.#workers) {
      worker.cancelStart?.()
      worker.onReady?.()
    }
    await Promise.all([...this.#workers.keys()].map(number => this.#end(number)))
  }

  /**
   * Starts all workers anew, one after the other: each ends in good order, and the next one has its
   * turn when the fresh one is ready. Called again meanwhile, it does nothing.
   */
  restart(): Promise<void> {
    this.#turn ??= this.#restartAll().finally(() => {
      this.#turn = undefined
    })
    return this.#turn
  }

  async #restartAll(): Promise<void> {
    for (const [number, worker] of this.#workers.entries()) {
      if (this.#isStopping) return
      worker.cancelStart?.()
      await this.#end(number)
      if (this.#isStopping) return
      worker.ends = 0
      this.#start(number)
      await this.#readyOrLate(worker)
    }
  }

  #start(number: number): void {
    const worker = this.#workers[number]!
    worker.cancelStart = undefined
    worker.startedAtMs = this.#options.scheduler.nowMs()
    worker.process = this.#options.run(number + 1, {
      ready: () => {
        worker.wasReady = true
        worker.onReady?.()
      },
      ended: code => this.#ended(number, code)
    })
    this.#options.onChange({ kind: 'started', worker: number + 1, pid: worker.process.pid })
  }

  #ended(number: number, code: number | null): void {
    const worker = this.#workers[number]!
    const { onEnded } = worker
    worker.process = undefined
    const isWanted = onEnded !== undefined || this.#isStopping
    const againMs = isWanted ? undefined : this.#startLater(number, code)
    this.#options.onChange({ kind: 'ended', worker: number + 1, code, againMs })
    onEnded?.()
  }

  /** Returns after how long the worker starts again; undefined where that would be for nothing. */
  #startLater(number: number, code: number | null): number | undefined {
    const worker = this.#workers[number]!
    if (!worker.wasReady && (code === ExitCode.usage || code === ExitCode.configuration)) {
      this.#failed.resolve(code)
      return undefined
    }
    const { scheduler } = this.#options
    if (scheduler.nowMs() - worker.startedAtMs >= STEADY_MS) worker.ends = 0
    const againMs = Math.min(AGAIN_AT_MOST_MS, AGAIN_MS * 2 ** worker.ends++)
    worker.cancelStart = scheduler.after(againMs, () => this.#start(number))
    return againMs
  }

  /** Resolves when the worker's process is over. */
  #end(number: number): Promise<void> {
    const worker = this.#workers[number]!
    const { process } = worker
    if (process === undefined) return Promise.resolve()
    return new Promise(resolve => {
      const before = worker.onEnded
      worker.onEnded = () => {
        worker.onEnded = undefined
        before?.()
        resolve()
      }
      process.askForEnd()
    })
  }

  #readyOrLate(worker: Kept): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        cancel()
        worker.onReady = undefined
        resolve()
      }
      const cancel = this.#options.scheduler.after(READY_PATIENCE_MS, done)
      worker.onReady = done
    })
  }
}
