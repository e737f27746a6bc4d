import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { MadeTransfer, Trial } from '../design/trial.ts'
import type { Made } from './made-transfer.ts'

/** Makes transfers in virtual time, as many at once as there are processors. Resolves when all are made, or at the signal. */
export async function simulateTransfers<T extends Trial>(
  transfers: readonly T[],
  signal: AbortSignal,
  made: Made<T>
): Promise<void> {
  const left = transfers.values()
  const threads = Math.min(availableParallelism(), transfers.length)
  await Promise.all(Array.from({ length: threads }, () => workThrough(left, signal, made)))
}

/** Takes transfers from those that are left, with a thread of its own. */
async function workThrough<T extends Trial>(
  left: Iterable<T>,
  signal: AbortSignal,
  made: Made<T>
): Promise<void> {
  const worker = startWorker()
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop, { once: true })
  const exited = once(worker, 'exit')
  exited.catch(() => {})
  try {
    for (const transfer of left) {
      if (signal.aborted) return
      const startedAt = new Date()
      worker.postMessage(transfer)
      const answer = await Promise.race([once(worker, 'message'), exited.then(() => undefined)])
      if (answer === undefined || signal.aborted) return
      made([[transfer, answer[0] as MadeTransfer]], startedAt)
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}

/** Starts a thread, whose file stands beside this one in the same form: as src/*.ts or as dist/*.js. */
function startWorker(): Worker {
  const extension = extname(fileURLToPath(import.meta.url))
  const execArgv = extension === '.ts' ? ['--experimental-transform-types', '--no-warnings'] : []
  return new Worker(new URL(`./transfer-worker${extension}`, import.meta.url), { execArgv })
}
