import { writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { PageView } from '../../src/director-page/page-view.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const TOKEN = 'a-token-for-the-page'

/** The snapshots that the page is told, as they come. */
async function* snapshotsOf(url: string, headers: Record<string, string>): AsyncGenerator<PageView> {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  const { body } = await fetch(`${url}/api/events`, { headers, signal: ended.signal })
  let rest = ''
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop()!
    for (const event of events) if (event.startsWith('data: ')) yield JSON.parse(event.slice(6))
  }
}

async function until(snapshots: AsyncGenerator<PageView>, fits: (view: PageView) => boolean) {
  for (;;) {
    const { value, done } = await snapshots.next()
    if (done) throw new Error('the stream ended')
    if (fits(value)) return value as PageView
  }
}

describe('the page of a director', () => {
  it('tells who is there, which routes there are, and that a relay dies', async () => {
    const cluster = await Cluster.create()
    await makeContent(`${cluster.contents}/film`, 100_000)
    await writeFile(cluster.path('page-token'), TOKEN)
    const flags = ['--http', '127.0.0.1:0', '--http-token-file', cluster.path('page-token')]
    cluster.director = await cluster.startDirector(LOOPBACK, flags)
    const { url } = await cluster.director.event('page')
    const headers = { authorization: `Bearer ${TOKEN}` }
    expect((await fetch(`${url}/api/view`)).status).toBe(401)
    await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    const relay = await cluster.startMember('relay', 'relay')
    const snapshots = snapshotsOf(url, headers)
    const whole = await until(snapshots, ({ links, contents }) => links.length === 1 && contents.length === 1)
    expect(whole.counts).toMatchObject({ sources: 1, relays: 1, contents: 1 })
    const answer = await (await fetch(`${url}/api/routes?name=film&routes=2`, { headers })).json()
    expect(answer.routes).toMatchObject([{ relays: [relay.peerId] }])
    expect(answer.shortfall.relays).toEqual([relay.peerId])

    await writeFile(cluster.path('page-token'), 'another-token-for-it')
    cluster.director.kill('SIGHUP')
    await cluster.director.event('reloaded')
    expect((await fetch(`${url}/api/view`, { headers })).status).toBe(401)
    await expect(until(snapshots, () => false)).rejects.toThrow()
    const fresh = snapshotsOf(url, { authorization: 'Bearer another-token-for-it' })

    relay.kill('SIGKILL')
    const after = await until(fresh, ({ counts }) => counts.relays === 0)
    expect(after.problems).toContainEqual(
      expect.objectContaining({ severity: 'problem', peerId: relay.peerId })
    )
  })

  it('is not opened to other hosts without a token', async () => {
    const cluster = await Cluster.create()
    const args = ['director', 'start', '--json', '--home', cluster.path('director'), '--http', '0.0.0.0:0']
    const director = cluster.run(args)
    expect((await director.outcome('error')).message).toMatch(/--http-token-file/)
    expect((await director.ended).code).toBe(2)
  })
})
