import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type FileOutputOptions, openFileOutput } from '../../../src/client/output/open-output.ts'
import type { Output } from '../../../src/client/output/output.ts'
import { groupCount, HASH_BYTES, hashSegment, MerkleTree, merkleRoot } from '../../../src/protocol/merkle.ts'

export const SEGMENT_BYTES = 1000

export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-output-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export function optionsFor(
  directory: string,
  bytes: Uint8Array,
  force = false,
  segmentBytes = SEGMENT_BYTES
): FileOutputOptions {
  const rootHash = merkleRoot(leavesOf(bytes, segmentBytes))
  const path = join(directory, 'a.bin')
  return { name: 'a.bin', path, force, sizeBytes: bytes.length, segmentBytes, rootHash, checksum: true }
}

/** Opens a file whose first range is to be written next. */
export async function openBegun(options: FileOutputOptions): Promise<Output> {
  const output = await openFileOutput(options)
  await output.nextRange!()
  return output
}

/** Leaves a partial file of `bytes` behind, cut to `length`. */
export async function leavePartial(
  options: FileOutputOptions,
  bytes: Uint8Array,
  length: number
): Promise<void> {
  const output = await openBegun(options)
  prove(output, options, bytes)
  await output.write([bytes.subarray(0, length)])
  await output.abandon()
}

/** Does what a fetch does: writes what the output wants, until that is nothing. Returns the ranges, in segments. */
export async function writeWanted(
  output: Output,
  options: FileOutputOptions,
  bytes: Uint8Array,
  stepBytes = options.segmentBytes
): Promise<[from: number, to: number][]> {
  const ranges: [number, number][] = []
  for (let range = await output.nextRange!(); range; range = await output.nextRange!()) {
    ranges.push([range.from, range.to])
    prove(output, options, bytes)
    const end = Math.min(bytes.length, range.to * options.segmentBytes)
    for (let start = range.from * options.segmentBytes; start < end; start += stepBytes) {
      await output.write([bytes.subarray(start, Math.min(end, start + stepBytes))])
    }
  }
  return ranges
}

/** Gives the output the hashes of all groups, as the source proves them. */
export function prove(output: Output, { segmentBytes }: FileOutputOptions, bytes: Uint8Array): void {
  const leaves = leavesOf(bytes, segmentBytes)
  const tree = new MerkleTree(leaves)
  for (let group = 0; group < groupCount(leaves.length / HASH_BYTES); group++) {
    output.proved!(group, tree.groupLeaves(group), tree.groupProof(group))
  }
}

function leavesOf(bytes: Uint8Array, segmentBytes: number): Uint8Array {
  const leaves: Uint8Array[] = []
  for (let start = 0; start < bytes.length; start += segmentBytes) {
    leaves.push(hashSegment(bytes.subarray(start, start + segmentBytes)))
  }
  return Buffer.concat(leaves)
}
