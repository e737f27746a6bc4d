import { rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { HashJob, HashOutcome } from './catalog-hashing.ts'
import type { HashWorkerMessage } from './hash-worker.ts'

/** Runs hash jobs in a worker thread, which lives only while there is work. One job at a time. */
export class Hasher {
  #worker: Worker | undefined
  #job: HashJob | undefined

  /** The promise always resolves: a worker that breaks gives a failed outcome. */
  async hash(job: HashJob, onProgress: (doneBytes: number) => void): Promise<HashOutcome> {
    this.#worker ??= this.#startWorker()
    this.#job = job
    const outcome = await runJob(this.#worker, job, onProgress)
    this.#job = undefined
    return outcome
  }

  #startWorker(): Worker {
    const worker = startWorker()
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }

  /** Ends the thread; a job under way fails, and its unfinished file is removed. */
  async stop(): Promise<void> {
    const worker = this.#worker
    const job = this.#job
    this.#worker = undefined
    await worker?.terminate()
    if (job !== undefined) await rm(job.temporaryPath, { force: true })
  }
}

/** Starts the worker, which stands beside this file in the same form: as src/*.ts or as dist/*.js. */
function startWorker(): Worker {
  const extension = extname(fileURLToPath(import.meta.url))
  // `execArgv` is emptied, since flags meant for the main thread, such as --inspect, do not fit a worker.
  return new Worker(new URL(`./hash-worker${extension}`, import.meta.url), { execArgv: [] })
}

function runJob(worker: Worker, job: HashJob, onProgress: (doneBytes: number) => void): Promise<HashOutcome> {
  return new Promise(resolve => {
    let message = 'the hashing thread ended'
    const onMessage = (answer: HashWorkerMessage): void => {
      if (answer.type === 'progress') onProgress(answer.doneBytes)
      else settle(answer)
    }
    const onError = (error: unknown): void => {
      message = (error as Error).message
    }
    // Only the exit settles the job: until then the worker could still be taken for a living one.
    const onExit = (): void => settle({ type: 'failed', stage: 'read', code: 'ERR_WORKER', message })
    const settle = (outcome: HashOutcome): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      resolve(outcome)
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(job)
  })
}
