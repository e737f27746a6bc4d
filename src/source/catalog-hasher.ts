import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { failure } from './catalog-hashing.ts'
import { type Finding, unpackFindings } from './findings.ts'
import type { HashTask, HashWorkerData, HashWorkerMessage } from './hash-worker.ts'

/** Runs tasks in the hashing thread, which lives only while there is work. One task at a time. */
export class Hasher {
  readonly #data: HashWorkerData
  #worker: Worker | undefined

  constructor(data: HashWorkerData) {
    this.#data = data
  }

  /** The promise always resolves: a thread that breaks gives failures. */
  async run(task: HashTask, onProgress: (doneBytes: number) => void): Promise<Finding[]> {
    this.#worker ??= this.#startWorker()
    return await runTask(this.#worker, task, onProgress)
  }

  #startWorker(): Worker {
    const worker = startWorker(this.#data)
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }

  /** Ends the thread; a task under way fails. */
  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

/** Starts the worker, which stands beside this file in the same form: as src/*.ts or as dist/*.js. */
function startWorker(data: HashWorkerData): Worker {
  const extension = extname(fileURLToPath(import.meta.url))
  // `execArgv` is emptied, since flags meant for the main thread, such as --inspect, do not fit a worker.
  return new Worker(new URL(`./hash-worker${extension}`, import.meta.url), { execArgv: [], workerData: data })
}

function runTask(
  worker: Worker,
  task: HashTask,
  onProgress: (doneBytes: number) => void
): Promise<Finding[]> {
  return new Promise(resolve => {
    let reason: unknown = { code: 'ERR_WORKER', message: 'the hashing thread ended' }
    const onMessage = (answer: HashWorkerMessage): void => {
      if (answer.type === 'progress') onProgress(answer.doneBytes)
      else settle(unpackFindings(answer.findings))
    }
    const onError = (error: unknown): void => {
      reason = { code: 'ERR_WORKER', message: (error as Error).message }
    }
    // Only the exit settles the task: until then the worker could still be taken for a living one.
    const onExit = (): void => settle(task.files.map(() => failure('read', reason)))
    const settle = (findings: Finding[]): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      resolve(findings)
    }
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.postMessage(task)
  })
}
