import { parentPort } from 'node:worker_threads'
import type { Trial } from '../design/trial.ts'
import { simulateTransfer } from './simulated-transfer.ts'

// A thread that makes one transfer after the other in virtual time, each as it comes.
parentPort!.on('message', async (trial: Trial) => parentPort!.postMessage(await simulateTransfer(trial)))
