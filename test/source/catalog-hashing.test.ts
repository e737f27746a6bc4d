import { rmSync } from 'node:fs'
import { lstat, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { describe, expect, it } from 'vitest'
import { verifyContentRecord } from '../../src/protocol/content-record.ts'
import { hashSegment, MerkleTree } from '../../src/protocol/merkle.ts'
import { FileUnreadableError, HashCacheError } from '../../src/source/catalog-errors.ts'
import { identityOf } from '../../src/source/catalog-file.ts'
import { HashFile, readCachedRoot } from '../../src/source/catalog-hashes.ts'
import { failure, type HashJob, hashContent } from '../../src/source/catalog-hashing.ts'
import { Indexer } from '../../src/source/catalog-indexer.ts'
import type { ContentItem } from '../../src/source/content-store.ts'
import { makeDirectories, putFile } from './catalog-fixture.ts'

const key = Buffer.alloc(32, 9)

async function makeJob(
  sizeBytes: number,
  segmentBytes: number
): Promise<{ job: HashJob; bytes: Uint8Array }> {
  const { directory, cacheDirectory } = await makeDirectories()
  await mkdir(cacheDirectory)
  const bytes = await putFile(directory, 'a', sizeBytes)
  const path = join(directory, 'a')
  const identity = identityOf(await lstat(path, { bigint: true }))
  const hashPath = join(cacheDirectory, 'a.hashes')
  return { job: { path, identity, segmentBytes, hashPath, temporaryPath: `${hashPath}.tmp`, key }, bytes }
}

describe('hashing a file', () => {
  it.each([
    [641, 10],
    [1281, 10],
    [100_003, 10],
    [70_000_000, 2 ** 20]
  ])(
    'writes leaves and proofs as the tree has them: %i bytes in segments of %i',
    async (sizeBytes, segmentBytes) => {
      const { job, bytes } = await makeJob(sizeBytes, segmentBytes)
      const leaves: Uint8Array[] = []
      for (let start = 0; start < sizeBytes; start += segmentBytes) {
        leaves.push(hashSegment(bytes.subarray(start, start + segmentBytes)))
      }
      const tree = new MerkleTree(Buffer.concat(leaves))
      const outcome = hashContent(job, () => {})
      expect(outcome).toEqual({ type: 'done', rootHash: expect.anything() })
      if (outcome.type === 'done') expect(Buffer.from(outcome.rootHash)).toEqual(Buffer.from(tree.rootHash))
      const cached = await readCachedRoot(job.hashPath, key, leaves.length)
      expect(Buffer.from(cached!)).toEqual(Buffer.from(tree.rootHash))
      const hashes = new HashFile(job.hashPath, tree.rootHash, leaves.length)
      for (let group = 0; group * 64 < leaves.length; group++) {
        expect(Buffer.from(hashes.group(group).leaves)).toEqual(Buffer.from(tree.groupLeaves(group)))
        expect(Buffer.from(hashes.group(group).proof)).toEqual(Buffer.from(tree.groupProof(group)))
      }
      hashes.close()
    }
  )

  it('reports progress of a large file', async () => {
    const { job } = await makeJob(70_000_000, 65_536)
    const reports: number[] = []
    hashContent(job, doneBytes => reports.push(doneBytes))
    expect(reports).toEqual([33_554_432, 67_108_864])
  })

  it('finds that the file is another one, at the start and on the way', async () => {
    const { job } = await makeJob(70_000_000, 65_536)
    const { identity } = job
    expect(hashContent({ ...job, identity: { ...identity, mtimeNs: 1n } }, () => {})).toEqual({
      type: 'changed'
    })
    expect(hashContent(job, () => rmSync(job.path, { force: true }))).toEqual({ type: 'changed' })
    expect(hashContent(job, () => {})).toEqual({ type: 'changed' })
    await symlink('/etc/passwd', job.path)
    expect(hashContent(job, () => {})).toEqual({ type: 'changed' })
    expect(await readdir(join(job.hashPath, '..'))).toEqual([])
  })

  it('tells a file that cannot be read from a cache that cannot be written', async () => {
    const { job } = await makeJob(1000, 10)
    const unreadable = hashContent({ ...job, path: join(job.path, 'below-a-file') }, () => {})
    expect(unreadable).toMatchObject({ type: 'failed', stage: 'read', code: 'ENOTDIR' })
    // A link: what cleans up after the failure must not remove the device itself.
    await symlink('/dev/full', job.temporaryPath)
    const unwritable = hashContent(job, () => {})
    expect(unwritable).toMatchObject({ type: 'failed', stage: 'cache', code: 'ENOSPC' })
  })

  it('tells a full disk in the same way where SQLite has found it', () => {
    const error = {
      code: 'ERR_SQLITE_ERROR',
      errcode: 13,
      errstr: 'database or disk is full',
      message: 'full'
    }
    expect(failure('cache', error)).toMatchObject({ code: 'ENOSPC' })
    expect(failure('cache', { ...error, errcode: 8, errstr: 'read-only' })).toMatchObject({
      code: 'read-only'
    })
  })

  it('does not take the hashes of another state or length for its own', async () => {
    const { job } = await makeJob(1000, 10)
    hashContent(job, () => {})
    expect(await readCachedRoot(job.hashPath, Buffer.alloc(32), 100)).toBeUndefined()
    expect(await readCachedRoot(job.hashPath, key, 101)).toBeUndefined()
    expect(() => new HashFile(job.hashPath, Buffer.alloc(32), 100)).toThrow()
    expect(await readCachedRoot(job.hashPath, key, 100)).toBeDefined()
  })
})

describe('indexer', () => {
  it('hashes in a thread, and turns its failures into errors that say what to do', async () => {
    const { job } = await makeJob(1000, 10)
    const base = join(job.hashPath, '..')
    const privateKey = await generateKeyPair('Ed25519')
    const indexer = new Indexer({ cacheDirectory: base, root: '/root', segmentBytes: 10, privateKey })
    const file = { name: 'a', path: job.path, identity: job.identity, ctimeNs: 0n }
    indexer.start()
    expect(await indexer.lookUp([file])).toEqual([undefined])
    const below = { ...file, path: join(job.path, 'x') }
    const [hashed, unreadable] = await indexer.hash([file, below], () => {})
    const { recordBytes } = hashed as ContentItem
    expect(await verifyContentRecord(recordBytes)).toMatchObject({ name: 'a', sizeBytes: 1000 })
    expect(unreadable).toBeInstanceOf(FileUnreadableError)
    expect(await indexer.lookUp([file, below])).toMatchObject([
      { recordBytes: Uint8Array.from(recordBytes) },
      expect.any(FileUnreadableError)
    ])
    await rm(base, { recursive: true })
    await writeFile(base, '')
    expect(await indexer.hash([file], () => {})).toEqual([expect.any(HashCacheError)])
    expect(() => indexer.start()).toThrow(HashCacheError)
    await indexer.stop()
  })
})
