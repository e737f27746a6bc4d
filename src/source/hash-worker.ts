import { parentPort } from 'node:worker_threads'
import { type HashJob, type HashOutcome, hashContent } from './catalog-hashing.ts'

/** The worker's messages: any number with its progress, then one with the outcome. */
export type HashWorkerMessage = { type: 'progress'; doneBytes: number } | HashOutcome

// The thread that hashes, one job at a time, so that the source's main thread stays free for its sessions.
parentPort!.on('message', (job: HashJob) => {
  const post = (message: HashWorkerMessage): void => parentPort!.postMessage(message)
  post(hashContent(job, doneBytes => post({ type: 'progress', doneBytes })))
})
