import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashOf, makeContent } from '../contents.ts'
import { Cluster } from '../harness.ts'

const SIZE_BYTES = 1_000_000
/** Of as many bytes as a file's name may have, and of some less. */
const NAMES = ['n'.repeat(255), `${'ü'.repeat(125)}.mkv`, '😀'.repeat(63), 'n'.repeat(233)]

describe('a content with a long name', () => {
  it('is fetched, and gone on with after a kill, under each name that a file may have', async () => {
    const hashes = new Map<string, string>()
    const cluster = await Cluster.start([[]], async contents => {
      for (const name of NAMES) hashes.set(name, await makeContent(join(contents, name), SIZE_BYTES, name))
    })
    await mkdir(cluster.path('out'))
    const inOut = { cwd: cluster.path('out') }
    for (const name of NAMES) {
      const environment = { ANABRANCH_FAILPOINTS: 'client.beforeRename=exit' }
      await cluster.fetch(name, name, [], { ...inOut, environment }).ended
      const again = cluster.fetch(name, name, [], inOut)
      expect(await again.event('content')).toMatchObject({
        name: name.normalize('NFC'),
        resumeBytes: SIZE_BYTES
      })
      expect((await again.outcome('done')).sha256).toBe(hashes.get(name))
      expect(await hashOf(cluster.path(`out/${name}`))).toBe(hashes.get(name))
    }
    expect((await readdir(cluster.path('out'))).sort()).toEqual([...NAMES].sort())
  })
})
