import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const MB = 1_000_000

describe('relays that want passes', () => {
  it('serve clients of their director over one relay and over two, and refuse routes given by hand', async () => {
    const cluster = await Cluster.create()
    const sha256 = await makeContent(join(cluster.contents, 'a.bin'), 10 * MB)
    const director = await cluster.startDirector()
    cluster.director = director
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    const want = ['--pass-from', director.peerId, '--neighbor', source.peerId]
    const [alone, inner] = await Promise.all([
      cluster.startMember('relay', 'alone', want),
      cluster.startMember('relay', 'inner', [...want, '--restricted'])
    ])
    const flags = ['--pass-from', director.peerId, '--neighbor', inner!.peerId]
    const outer = await cluster.startMember('relay', 'outer', flags)
    for (const member of [source, alone!, inner!, outer]) await member.event('registered')

    const done = await cluster.fetch('a.bin', cluster.path('a.bin')).outcome('done')
    expect(done.sha256).toBe(sha256)
    const paths = Object.values<{ relays: string[]; bytes: number }>(done.routes)
    expect(paths.every(({ bytes }) => bytes > 0)).toBe(true)
    expect(paths.map(({ relays }) => relays).sort((a, b) => a.length - b.length)).toEqual([
      [alone!.peerId],
      [outer.peerId, inner!.peerId]
    ])

    cluster.director = undefined
    const byHand = ['--route', alone!.address, '--source', source.address]
    const refused = cluster.fetch('a.bin', cluster.path('b.bin'), byHand)
    const error = await refused.outcome('error')
    expect(error.message).toContain('there is none; ask for routes at a director of this relay')
    expect((await refused.ended).code).toBe(ExitCode.refused)
    expect(await alone!.event('routeRefused')).toMatchObject({ status: WireStatus.refusedPass })
  })
})
