import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { Cluster } from './harness.ts'
import { ffmpeg, textOf } from './players.ts'

/** How long a film ffmpeg makes, in seconds and in pictures. */
const SECONDS = 4
const PICTURES_A_SECOND = 25

/** Makes MPEG-TS of a test picture and a tone as fast as it is to be watched. */
const MAKE = [
  '-re -f lavfi -i',
  `testsrc=size=320x240:rate=${PICTURES_A_SECOND}`,
  '-re -f lavfi -i sine=frequency=440:sample_rate=48000',
  `-t ${SECONDS} -c:v mpeg2video -b:v 600k -g 12 -c:a mp2 -b:a 64k -f mpegts -`
]
/** Reads all of it, and tells what is wrong with it and how many pictures there are. */
const READ = ['-xerror -err_detect explode -f mpegts -i - -progress pipe:1 -f null -']

/** What passes through, and its SHA-256 when all has passed. */
function digested() {
  const passing = new PassThrough()
  const hash = createHash('sha256')
  passing.on('data', chunk => hash.update(chunk))
  return { passing, digest: () => hash.digest('hex') }
}

describe('ffmpeg', () => {
  it('reads what another one makes meanwhile, bit by bit the same', async () => {
    const cluster = await Cluster.create()
    cluster.director = await cluster.startDirector()
    const relays = await Promise.all([1, 2].map(n => cluster.startMember('relay', `relay${n}`, [])))
    for (const relay of relays) await relay.event('registered')
    const flags = ['--listen', '/ip4/127.0.0.1/tcp/0', '--director', cluster.director.address]
    const args = ['source', 'publish', 'live/film', '--json', '-v', '--home', cluster.path('source')]
    const source = cluster.run([...args, '--segment-size', '2KiB', ...flags], { stdin: 'pipe' })
    await source.event('registered')
    // All of it is wanted, however late it is on a machine that has other things to do.
    const late = ['--start', 'begin', '--latency', '2s', '--complete']
    const client = cluster.fetch('live/film', '-', late, { events: 'stderr' })
    const [made, come] = [digested(), digested()]
    const reader = ffmpeg(READ)
    const progress = textOf(reader.child.stdout!)
    const piped = pipeline(client.child.stdout!, come.passing, reader.child.stdin!)
    await client.event('content')
    const maker = ffmpeg(MAKE)
    await pipeline(maker.child.stdout!, made.passing, source.child.stdin!)
    await piped
    expect(await maker.complaints).toBe('')
    expect((await client.ended).code).toBe(ExitCode.ok)
    expect(come.digest()).toBe(made.digest())
    expect(await reader.ended).toEqual([0, null])
    expect(await reader.complaints).toBe('')
    expect(await progress).toContain(`frame=${SECONDS * PICTURES_A_SECOND}\n`)
    // It came while it was made, over both relays.
    const { routes } = await client.outcome('done')
    expect(Object.keys(routes).length).toBeGreaterThan(1)
    expect(client.events.some(({ event }) => event === 'skipped')).toBe(false)
  })
})
