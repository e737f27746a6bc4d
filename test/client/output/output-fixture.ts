import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type FileOutputOptions, openFileOutput } from '../../../src/client/output/open-output.ts'
import { hashSegment, merkleRoot } from '../../../src/protocol/merkle.ts'

export const SEGMENT_BYTES = 1000

export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-output-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function optionsFor(directory: string, bytes: Uint8Array, force = false): FileOutputOptions {
  const leaves: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += SEGMENT_BYTES) {
    leaves.push(hashSegment(bytes.subarray(start, start + SEGMENT_BYTES)))
  }
  const rootHash = merkleRoot(Buffer.concat(leaves))
  return {
    name: 'a.bin',
    path: join(directory, 'a.bin'),
    force,
    sizeBytes: bytes.length,
    segmentBytes: SEGMENT_BYTES,
    rootHash
  }
}

/** Leaves a partial file of `bytes` behind, cut to `length`. */
export async function leavePartial(
  options: FileOutputOptions,
  bytes: Uint8Array,
  length: number
): Promise<void> {
  const output = await openFileOutput(options)
  await output.write([bytes.subarray(0, length)])
  await output.abandon()
}
