import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

/** More than can be hashed while the test lasts; it takes no room on the disk. */
const HUGE_BYTES = 200e9

describe('a source that is still hashing', () => {
  it('is waited for a little, and named as the reason where the content is not there by then', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    const relay = await cluster.startMember('relay', 'relay')
    await relay.event('registered')
    const sha256 = await makeContent(join(cluster.contents, 'new.bin'), 1_000_000)
    await writeFile(join(cluster.contents, 'huge.bin'), '')
    await truncate(join(cluster.contents, 'huge.bin'), HUGE_BYTES)
    await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    await cluster.director.event('joined', ({ role }) => role === 'source')
    const [small, huge] = ['new.bin', 'huge.bin'].map(name => cluster.fetch(name, cluster.path(name)))
    expect(await small!.outcome('done')).toMatchObject({ sha256 })
    expect(await huge!.outcome('error')).toMatchObject({
      code: 'ERR_CONTENT_NOT_FOUND',
      message: expect.stringContaining('a source is still indexing its files')
    })
    expect(await huge!.ended).toMatchObject({ code: 4 })
  })
})
