import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { hashOfStream, makeContent } from './contents.ts'
import { Cluster, type Daemon, type WhenOver } from './harness.ts'
import type { Program } from './program.ts'

const SIZE_BYTES = 8_000_000
const RATE = ['--max-rate', '40mbit']
/** What has arrived is never far ahead of the output, so that most is still to come when the test stops to read. */
const FLAGS = ['--memory', '2MiB']

// These tests mostly wait, and the relays keep all of them within a small share of the processors: they run at once.
describe.concurrent('a fetch that loses all its routes', () => {
  it('goes on when its source is back', async ({ onTestFinished }) => {
    const { cluster, sha256 } = await started(2, onTestFinished)
    const source = cluster.source!
    const { fetch, read } = streamed(cluster, FLAGS, async fetch => {
      await killed(fetch, [source], cluster.relays)
      await cluster.startMember('source', 'source', ['--dir', cluster.contents, ...listenAs(source)])
    })
    expect(await read).toBe(sha256)
    expect(await fetch.ended).toMatchObject({ code: 0 })
  })

  it('goes on when its relays are back', async ({ onTestFinished }) => {
    const { cluster, sha256 } = await started(2, onTestFinished)
    const { fetch, read } = streamed(cluster, FLAGS, async fetch => {
      await killed(fetch, cluster.relays, cluster.relays)
      for (const [i, relay] of cluster.relays.entries()) {
        await cluster.startMember('relay', `relay${i + 1}`, [...RATE, ...listenAs(relay)])
      }
    })
    expect(await read).toBe(sha256)
    expect(await fetch.ended).toMatchObject({ code: 0 })
  })

  it('goes on when its relays are back under other addresses', async ({ onTestFinished }) => {
    const { cluster, sha256 } = await started(2, onTestFinished)
    const { fetch, read } = streamed(cluster, FLAGS, async fetch => {
      await killed(fetch, cluster.relays, cluster.relays)
      for (const [i] of cluster.relays.entries()) await cluster.startMember('relay', `relay${i + 1}`, RATE)
    })
    expect(await read).toBe(sha256)
    expect(await fetch.ended).toMatchObject({ code: 0 })
  })

  it('goes on from another source that has the same bytes under another name', async ({ onTestFinished }) => {
    const { cluster, sha256 } = await started(2, onTestFinished)
    const elsewhere = cluster.path('elsewhere')
    await mkdir(elsewhere)
    await copyFile(join(cluster.contents, 'a.bin'), join(elsewhere, 'b.bin'))
    let twin: Daemon | undefined
    const { fetch, read } = streamed(cluster, FLAGS, async fetch => {
      await killed(fetch, [cluster.source!], cluster.relays)
      twin = await cluster.startMember('source', 'twin-source', ['--dir', elsewhere])
    })
    expect(await read).toBe(sha256)
    expect(await fetch.event('source', ({ state }) => state === 'joined')).toMatchObject({
      source: twin!.peerId
    })
    expect(await fetch.ended).toMatchObject({ code: 0 })
  })

  it('says what it waits for, and gives up when its patience ends', async ({ onTestFinished }) => {
    const { cluster } = await started(1, onTestFinished)
    const { fetch, read } = streamed(cluster, [...FLAGS, '--patience', '4s'], async fetch => {
      await killed(fetch, cluster.relays, cluster.relays)
    })
    const { leftMs } = await fetch.event('waiting', ({ reason }) =>
      reason.includes(cluster.relays[0]!.peerId)
    )
    expect(leftMs).toEqual(expect.any(Number))
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_NO_ROUTE' })
    expect(await fetch.ended).toMatchObject({ code: 5 })
    await read
  })
})

describe.concurrent('a fetch whose processes are stopped for a while', () => {
  it.for([
    ['itself', 'fetch'],
    ['its source', 'source'],
    ['its relays', 'relays']
  ] as const)('goes on afterwards: %s', async ([, which], { onTestFinished }) => {
    const { cluster, sha256 } = await started(2, onTestFinished)
    const { fetch, read } = streamed(cluster, [...FLAGS, '--patience', '10s'], async fetch => {
      const programs = { fetch: [fetch], source: [cluster.source!], relays: cluster.relays }[which]
      for (const program of programs) program.kill('SIGSTOP')
      await sleep(12_000 - (which === 'fetch' ? 0 : 5_000))
      for (const program of programs) program.kill('SIGCONT')
    })
    expect(await read).toBe(sha256)
    expect(await fetch.ended).toMatchObject({ code: 0 })
  })
})

describe('the start of a fetch', () => {
  it('waits for a director', async () => {
    const cluster = await Cluster.create()
    const sha256 = await makeContent(join(cluster.contents, 'a.bin'), 100_000)
    const director = await cluster.startDirector()
    await director.end()
    cluster.director = director
    const fetch = cluster.fetch('a.bin', cluster.path('out'))
    await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    await cluster.startMember('relay', 'relay1')
    expect(await fetch.event('waiting')).toMatchObject({ missing: 'director' })
    await cluster.startDirector(...listenAs(director).slice(1))
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })

  it('waits for relays of routes given by hand', async () => {
    const { cluster, sha256 } = await started(1)
    const [relay] = cluster.relays
    await relay!.end()
    const flags = ['--route', relay!.address, '--source', cluster.source!.address]
    const args = ['client', 'fetch', 'a.bin', '--json', '--checksum', '-o', cluster.path('out'), ...flags]
    const fetch = cluster.run(args)
    expect(await fetch.event('waiting')).toMatchObject({ missing: 'relays' })
    await cluster.startMember('relay', 'relay1', [...RATE, ...listenAs(relay!)])
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
  })

  it('waits for a content that nobody has yet where that is asked for', async () => {
    const cluster = await Cluster.start([[]], async () => {})
    // A director that has just started does not know yet what nobody has.
    const asked = cluster.run(['client', 'routes', 'late.bin', '--director', cluster.director!.address])
    expect((await asked.ended).code).toBe(ExitCode.notFound)
    const fetch = cluster.fetch('late.bin', cluster.path('out'), ['--wait'])
    expect(await fetch.event('waiting')).toMatchObject({ missing: 'content' })
    const sha256 = await makeContent(join(cluster.contents, 'late.bin'), 100_000)
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
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

/** A fetch of which a tenth is read before something happens, and the rest afterwards. */
function streamed(cluster: Cluster, flags: string[], meanwhile: (fetch: Program) => Promise<void>) {
  const fetch = cluster.fetch('a.bin', '-', flags, { events: 'stderr' })
  const read = hashOfStream(fetch.child.stdout!, SIZE_BYTES * 0.1, () => meanwhile(fetch))
  return { fetch, read }
}

/** Ends these daemons; resolves when the fetch has lost its routes over all of these relays. */
async function killed(fetch: Program, daemons: Daemon[], relays: Daemon[]): Promise<void> {
  for (const daemon of daemons) daemon.kill('SIGKILL')
  await Promise.all(daemons.map(daemon => daemon.ended))
  for (const { peerId } of relays) {
    await fetch.event('route', event => event.state === 'lost' && event.relays[0] === peerId)
  }
}

function listenAs(daemon: Daemon): string[] {
  return ['--listen', daemon.address.split('/p2p/')[0]!]
}
