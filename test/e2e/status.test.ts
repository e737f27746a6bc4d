import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Told } from './program.ts'

const MB = 1_000_000

async function statusOf(cluster: Cluster): Promise<Told[]> {
  const program = cluster.run(['status', '--json'])
  expect((await program.ended).code).toBe(0)
  return program.events
}

describe('anabranch status', () => {
  it('lists all daemons and fetches of this user, and those alone that still run', async () => {
    const cluster = await Cluster.start([[]], contents => makeContent(join(contents, 'a.bin'), 12 * MB))
    const { director, source, relays } = cluster
    const fetch = cluster.fetch('a.bin', 'out.bin', ['-v', '--max-rate', '1mbit'])
    await fetch.event('controllable')
    const events = await statusOf(cluster)
    const known = (
      role: string,
      { pid, peerId, address }: Pick<NonNullable<typeof director>, 'pid' | 'peerId' | 'address'>,
      home: string
    ) =>
      expect.objectContaining({
        event: 'running',
        role,
        pid,
        peerId,
        home: cluster.path(home),
        addresses: [address]
      })
    expect(events).toHaveLength(4)
    expect(events).toEqual(
      expect.arrayContaining([
        known('director', director!, 'director'),
        known('source', source!, 'source'),
        known('relay', relays[0]!, 'relay1'),
        expect.objectContaining({ event: 'fetch', pid: fetch.pid })
      ])
    )
    const figures = Object.fromEntries(events.map(({ role, figures }) => [role, figures]))
    expect(figures.relay).toMatchObject({ routes: 1 })
    expect(figures.source).toMatchObject({ contents: 1, sessions: 1 })
    expect(figures.director).toMatchObject({ nodes: 2, contents: 1 })

    const place = cluster.path('anabranch')
    const sockets = readdirSync(place).filter(name => name.endsWith('.status.sock'))
    expect(sockets.map(name => statSync(join(place, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600])

    for (const gone of [fetch, relays[0]!]) {
      gone.kill('SIGKILL')
      await gone.ended
    }
    source!.kill('SIGTERM')
    await source!.ended
    expect((await statusOf(cluster)).map(({ role }) => role)).toEqual(['director'])
    expect(readdirSync(place)).toEqual([`${director!.pid}.status.sock`])
  })

  it('names what is shared and published', async () => {
    const cluster = await Cluster.create()
    const file = cluster.path('one.bin')
    await makeContent(file, MB)
    const own = (home: string) => ['--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--home', cluster.path(home)]
    const share = cluster.run(['source', 'share', file, ...own('share')])
    await share.event('ticket')
    const publish = cluster.run(['source', 'publish', 'live/one', '/dev/null', ...own('publish')])
    await publish.event('ended')
    const events = (await statusOf(cluster)).sort((a, b) => a.pid - b.pid)
    expect(events).toMatchObject([
      { role: 'share', pid: share.pid, content: 'one.bin', home: cluster.path('share') },
      { role: 'publish', pid: publish.pid, content: 'live/one', home: cluster.path('publish') }
    ])
    expect(events.map(({ figures }) => figures)).toEqual([{ sessions: 0 }, { madeBytes: 0, sessions: 0 }])
  })

  it('says so where nothing runs', async () => {
    const cluster = await Cluster.create()
    const program = cluster.run(['status'], { events: 'stderr' })
    expect(await program.ended).toEqual({ code: 0, signal: null })
    expect(program.complaints).toBe('no daemon and no fetch of this user runs')
  })
})
