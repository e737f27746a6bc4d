import { parentPort, workerData } from 'node:worker_threads'
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { signerOf } from '../transport/signatures.ts'
import { type PackedFindings, packFindings } from './findings.ts'
import { type HashedFile, HashKeeper } from './hash-keeper.ts'

/** What the thread is started with; see HashKeeperOptions. The keys are raw Ed25519 keys. */
export interface HashWorkerData {
  folder: string
  segmentBytes: number
  sourcePeerId: string
  privateKey: Uint8Array
  publicKey: Uint8Array
}

/** One piece of work. Contents that are gone, and all that are there (where that is told), go before it. */
export interface HashTask {
  kind: 'lookUp' | 'hash'
  files: HashedFile[]
  gone: string[]
  present?: string[]
}

/** The thread's messages: any number with its progress, then one with what it has found for each file. */
export type HashWorkerMessage =
  | { type: 'progress'; doneBytes: number }
  | { type: 'done'; findings: PackedFindings }

// The thread that hashes, one task at a time, so that the source's main thread stays free for its sessions.
const { privateKey, publicKey, ...options } = workerData as HashWorkerData
const signer = {
  publicKey: publicKeyFromRaw(publicKey),
  sign: signerOf({ type: 'Ed25519', raw: privateKey })
}
const keeper = new HashKeeper({ ...options, signer })

parentPort!.on('message', async ({ kind, files, gone, present }: HashTask) => {
  keeper.tidy(gone, present)
  const tellProgress = (doneBytes: number): void => post({ type: 'progress', doneBytes })
  const found = kind === 'lookUp' ? await keeper.lookUp(files) : await keeper.hash(files, tellProgress)
  const findings = packFindings(found)
  post({ type: 'done', findings }, [findings.records.buffer])
})

function post(message: HashWorkerMessage, moved: ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, moved)
}
