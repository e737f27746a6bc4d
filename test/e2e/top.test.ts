import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const MB = 1_000_000

describe('anabranch top', () => {
  it('tells again and again what each fetch, relay and source carries, until it is ended', async () => {
    const cluster = await Cluster.start([[], ['--max-sessions', '1']], contents =>
      makeContent(join(contents, 'a.bin'), 60 * MB)
    )
    const fetch = cluster.fetch('a.bin', 'out.bin', ['-v', '--max-rate', '8mbit'])
    await fetch.event('controllable')
    const top = cluster.run(['top', '--json'])
    const view = await top.event('top', ({ fetches }) => fetches[0]?.contents[0]?.sumBytesPerSecond > 0)
    const [content] = view.fetches[0].contents
    expect(view.fetches[0].pid).toBe(fetch.pid)
    expect(content).toMatchObject({ name: 'a.bin', sizeBytes: 60 * MB, idealBytesPerSecond: MB })
    expect(content.routes).toHaveLength(2)
    expect(view.relays.map(({ pid }: { pid: number }) => pid).sort()).toEqual(
      cluster.relays.map(({ pid }) => pid).sort()
    )
    for (const relay of view.relays)
      expect(relay.routes).toMatchObject([{ nextHop: cluster.source!.peerId, letter: expect.any(String) }])
    expect(view.sources[0].sessions).toMatchObject([{ name: 'a.bin', routes: 2 }])
    expect(view.others).toMatchObject([{ role: 'director' }])

    const second = cluster.fetch('a.bin', 'other.bin', ['-v', '--max-rate', '8mbit'])
    const refusing = await top.event('top', ({ relays }) =>
      relays.some(({ refused }: { refused: unknown[] }) => refused.length > 0)
    )
    const reasons = refusing.relays.flatMap(({ refused }: { refused: { reason: string }[] }) =>
      refused.map(({ reason }) => reason)
    )
    expect(reasons).toContain('refused_sessions')
    await top.nextEvent('top', ({ fetches }) => fetches.length === 2)
    for (const each of [fetch, second]) {
      each.kill('SIGKILL')
      await each.ended
    }
    await top.nextEvent('top', ({ fetches }) => fetches.length === 0)
    top.kill('SIGINT')
    expect(await top.ended).toEqual({ code: 0, signal: null })
  })

  it('shows one picture where its output is no terminal, within the columns that are wanted', async () => {
    const cluster = await Cluster.start([[]], async () => {})
    const top = cluster.run(['top'], { events: 'stderr', environment: { COLUMNS: '50' } })
    const lines: string[] = []
    top.child.stdout!.setEncoding('utf8').on('data', text => lines.push(...text.trimEnd().split('\n')))
    expect((await top.ended).code).toBe(0)
    expect(lines.filter(line => /^(relay|source|director) \d/.test(line))).toHaveLength(3)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50)
  })
})
