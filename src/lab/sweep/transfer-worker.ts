import { parentPort } from 'node:worker_threads'
import type { Transfer } from '../design/transfers.ts'
import { simulateTransfer } from './simulated-transfer.ts'

// A thread that makes one transfer after the other in virtual time, each as it comes.
parentPort!.on('message', (transfer: Transfer) => parentPort!.postMessage(simulateTransfer(transfer)))
