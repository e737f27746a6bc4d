import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashOf, hashOfStream, makeContent } from './contents.ts'
import { Cluster, shared, type WhenOver } from './harness.ts'
import type { Program } from './program.ts'

const MB = 1_000_000
const SIZE_BYTES = 16 * MB
/** One takes three seconds for the content. */
const RATE = ['--max-rate', '40mbit']
/**
 * What has arrived is never far ahead of the output. Without it all may be there while a busy machine has written a tenth:
 * the content is smaller than the memory that a client takes by default.
 */
const CLOSE_BEHIND = ['--memory', '2MiB']

describe('a fetch while something fails', () => {
  const small = shared(whenOver => started(1, whenOver))

  it.each([1, 2, 3])('outlives the death of a relay at a random moment (seed %i)', async seed => {
    const { cluster, sha256 } = await started(3)
    const fetch = streamed(cluster, CLOSE_BEHIND)
    const victim = cluster.relays[Math.floor(random(seed + 100) * 3)]!
    const moment = SIZE_BYTES * (0.05 + 0.8 * random(seed))
    // While nobody reads on the rest cannot arrive: however slow the machine is, the death comes before the end.
    const read = hashOfStream(fetch.child.stdout!, moment, async () => {
      victim.kill('SIGKILL')
      await fetch.event('route', ({ state, relays }) => state === 'lost' && relays[0] === victim.peerId)
    })
    expect(await read).toBe(sha256)
    expect((await fetch.outcome('done')).sha256).toBe(sha256)
  })

  it('needs nobody any more when all has arrived, however slow its reader is', async () => {
    const { cluster, sha256 } = await started(2)
    // Half of it holds content: more than there is.
    const fetch = streamed(cluster, ['--memory', '128MiB'])
    const read = hashOfStream(fetch.child.stdout!, SIZE_BYTES * 0.1, async () => {
      await fetch.event('route', ({ state }) => state === 'closed')
      const others = [...cluster.relays, cluster.source!, cluster.director!]
      for (const daemon of others) daemon.kill('SIGKILL')
      await Promise.all(others.map(daemon => daemon.ended))
    })
    expect(await read).toBe(sha256)
    expect(await fetch.ended).toMatchObject({ code: 0 })
    expect(fetch.events.filter(({ state }) => state === 'lost')).toEqual([])
  })

  it('takes in a relay that comes later', async () => {
    const { cluster, sha256 } = await started(1)
    const isLate = ({ relays }: { relays: string[] }) => relays[0] !== cluster.relays[0]!.peerId
    const fetch = streamed(cluster, CLOSE_BEHIND)
    const read = hashOfStream(fetch.child.stdout!, SIZE_BYTES * 0.1, async () => {
      await cluster.startMember('relay', 'late', RATE)
      await fetch.event('route', event => event.state === 'open' && isLate({ relays: event.relays }))
    })
    expect(await read).toBe(sha256)
    const { routes } = await fetch.outcome('done')
    const joined = Object.values<{ relays: string[]; bytes: number }>(routes).find(isLate)
    expect(joined?.bytes).toBeGreaterThan(0)
  })

  it('goes on without its director, and the next one finds everything at the new director', async () => {
    const { cluster, sha256 } = await started(2)
    const { director, relays } = cluster
    const fetch = cluster.fetch('a.bin', cluster.path('a.bin'), RATE)
    await passed(fetch, SIZE_BYTES * 0.1)
    director!.kill('SIGKILL')
    await director!.ended
    expect((await fetch.outcome('done')).sha256).toBe(sha256)

    const back = [cluster.source!, ...relays].map(member => member.nextEvent('registered'))
    cluster.director = await cluster.startDirector(director!.address.split('/p2p/')[0]!)
    await Promise.all(back)
    const again = cluster.fetch('a.bin', cluster.path('again.bin'))
    const done = await again.outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(Object.keys(done.routes)).toHaveLength(2)
  })

  it('resumes after kill -9 from what was there', async () => {
    const { cluster, sha256 } = await started(2)
    const output = cluster.path('a.bin')
    const first = cluster.fetch('a.bin', output, RATE)
    await passed(first, SIZE_BYTES / 2)
    first.kill('SIGKILL')
    await first.ended
    const second = cluster.fetch('a.bin', output)
    const done = await second.outcome('done')
    expect(done.sha256).toBe(sha256)
    expect(await hashOf(output)).toBe(sha256)
    const { resumeBytes } = await second.event('content')
    expect(resumeBytes).toBeGreaterThanOrEqual(SIZE_BYTES / 2 - MB)
    expect(done.wireBytes).toBeLessThan((SIZE_BYTES - resumeBytes) * 1.2)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 7],
    ['SIGHUP', 7]
  ] as const)('ends at %s with exit code %i and says how to resume', async (signal, code) => {
    const { cluster } = small()
    const fetch = cluster.fetch('a.bin', `${signal}.bin`, CLOSE_BEHIND)
    await passed(fetch, SIZE_BYTES * 0.1)
    fetch.kill(signal)
    expect(await fetch.outcome('error')).toMatchObject({
      code: 'ERR_INTERRUPTED',
      message: expect.stringContaining('run the same command again to resume')
    })
    expect(await fetch.ended).toMatchObject({ code })
  })

  it('keeps every daemon running at SIGHUP, where it has no file to read again', async () => {
    const { cluster, sha256 } = small()
    for (const daemon of [...cluster.relays, cluster.source!, cluster.director!]) daemon.kill('SIGHUP')
    const fetch = cluster.fetch('a.bin', 'a.bin')
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })

  it('stops every daemon in good order at SIGTERM', async () => {
    const { cluster } = await started(1)
    for (const daemon of [...cluster.relays, cluster.source!, cluster.director!]) {
      daemon.kill('SIGTERM')
      expect(await daemon.ended).toEqual({ code: 0, signal: null })
    }
  })

  it('ends with integrity trouble when the content changes on the way', async () => {
    const { cluster } = await started(1)
    const fetch = cluster.fetch('a.bin', cluster.path('a.bin'), CLOSE_BEHIND)
    await passed(fetch, SIZE_BYTES * 0.1)
    await writeFile(join(cluster.contents, 'a.bin'), 'another')
    expect((await fetch.outcome('error')).message).toContain('changed')
    expect(await fetch.ended).toMatchObject({ code: 6 })
  })

  it.concurrent('keeps a copy of a node out, and tells where the first one is, until the first one falls silent', async ({
    onTestFinished
  }) => {
    const cluster = await Cluster.create(onTestFinished)
    cluster.director = await cluster.startDirector()
    const first = await cluster.startMember('relay', 'relay')
    await first.event('registered')
    await cp(cluster.path('relay'), cluster.path('copy'), { recursive: true })
    const copy = await cluster.startMember('relay', 'copy')
    const { message } = await copy.event('problem')
    expect(message).toMatch(
      /another node with this identity is registered from \/ip4\/127\.0\.0\.1\/tcp\/\d+ since/
    )
    // Its connection stays open, but nothing comes over it any more: as after a power cut.
    first.kill('SIGSTOP')
    await copy.event('registered')
    expect(
      [first, copy].map(({ events }) => events.filter(({ event }) => event === 'problem').length)
    ).toEqual([0, 1])
    // The system closes the connections of a process that is killed: the next one need not wait.
    copy.kill('SIGKILL')
    await copy.ended
    const restarted = await cluster.startMember('relay', 'copy')
    await restarted.event('registered')
    expect(restarted.events.filter(({ event }) => event === 'problem')).toEqual([])
  })

  it.concurrent('tells how a daemon is over HTTP', async ({ onTestFinished }) => {
    const cluster = await Cluster.create(onTestFinished)
    const relay = await cluster.startMember('relay', 'relay', ['--metrics', '127.0.0.1:0'])
    const { url } = await relay.event('metrics')
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('ok\n')
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\nanabranch_relay_routes 0\n')
    expect((await fetch(`${url}/other`)).status).toBe(404)
    relay.kill('SIGTERM')
    expect(await relay.ended).toMatchObject({ code: 0 })
  })

  it.concurrent('gives a relay the limits that its configuration file has after SIGHUP', async ({
    onTestFinished
  }) => {
    const cluster = await Cluster.create(onTestFinished)
    const config = cluster.path('relay.yaml')
    await writeFile(config, 'maxRate: 80mbit\n')
    const relay = await cluster.startMember('relay', 'relay', ['--config', config])
    await writeFile(config, 'maxRate: 8mbit\nmaxSessions: 3\n')
    relay.kill('SIGHUP')
    expect(await relay.event('reloaded')).toMatchObject({ maxRateBytesPerSecond: MB, maxSessions: 3 })
    await writeFile(config, 'maxRat: 8mbit\n')
    relay.kill('SIGHUP')
    expect((await relay.event('error')).message).toBe(
      `${config}:1:1: maxRat is not a key that belongs here; did you mean maxRate?`
    )
    expect(relay.isRunning).toBe(true)
  })
})

async function started(relays: number, whenOver?: WhenOver) {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start(new Array(relays).fill(RATE), prepare, [], whenOver)
  return { cluster, sha256 }
}

/** A fetch whose output is read as fast as the test reads it. */
function streamed(cluster: Cluster, flags: string[] = []): Program {
  return cluster.fetch('a.bin', '-', flags, { events: 'stderr' })
}

/** So many bytes have come. */
async function passed(fetch: Program, bytes: number): Promise<void> {
  await fetch.event('progress', event => event.bytes >= bytes)
}

/** From 0 to 1, always the same for a seed. */
function random(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453
  return x - Math.floor(x)
}
