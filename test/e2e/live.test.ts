import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Writable } from 'node:stream'
import { setInterval } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { Cluster, type Daemon } from './harness.ts'
import type { Program } from './program.ts'

const SEGMENT_BYTES = 8 * 1024
/** One piece of the input, and the time between two: 400 kB/s, unless the test says otherwise. */
const PIECE_BYTES = 4_000
const PIECE_MS = 10

/** A director, two relays, and a source that publishes `live/one` from its standard input. */
async function published(flags: string[] = []): Promise<{ cluster: Cluster; source: Daemon }> {
  const cluster = await Cluster.create()
  cluster.director = await cluster.startDirector()
  const relays = await Promise.all([1, 2].map(n => cluster.startMember('relay', `relay${n}`, [])))
  cluster.relays.push(...relays)
  for (const relay of relays) await relay.event('registered')
  return { cluster, source: await publish(cluster, flags) }
}

async function publish(cluster: Cluster, flags: string[] = []): Promise<Daemon> {
  const args = ['source', 'publish', 'live/one', '--json', '-v', '--listen', '/ip4/127.0.0.1/tcp/0']
  args.push('--director', cluster.director!.address, '--home', cluster.path('source'), ...flags)
  const program = cluster.run(args, { stdin: 'pipe' })
  const { peerId, addresses } = await program.event('listening')
  await program.event('registered')
  return Object.assign(program, { peerId, address: addresses[0] })
}

/** Writes at a steady rate, and keeps what it has written. */
class Producer {
  readonly #written: Buffer[] = []
  readonly #stopped = new AbortController()
  readonly #done: Promise<void>

  readonly #pieceBytes: number

  constructor(to: Writable, pieceBytes = PIECE_BYTES) {
    this.#pieceBytes = pieceBytes
    this.#done = this.#run(to)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#written)
  }

  /** Resolves once so many bytes are written in all. */
  async until(bytes: number): Promise<void> {
    for await (const _ of setInterval(PIECE_MS)) if (this.#written.length * this.#pieceBytes >= bytes) return
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#done
  }

  async #run(to: Writable): Promise<void> {
    for await (const _ of setInterval(PIECE_MS)) {
      if (this.#stopped.signal.aborted) return
      const piece = createHash('sha512').update(String(this.#written.length)).digest()
      const bytes = Buffer.alloc(this.#pieceBytes, piece)
      this.#written.push(bytes)
      to.write(bytes)
    }
  }
}

/** All that a program writes to its standard output. */
function outputOf(program: Program): Promise<Buffer> {
  const chunks: Buffer[] = []
  program.child.stdout!.on('data', chunk => chunks.push(chunk))
  return program.ended.then(() => Buffer.concat(chunks))
}

/** Where in what was made each segment that came out stands; fails unless these are segments of it, in order. */
function placesOf(delivered: Buffer, made: Buffer): number[] {
  const places: number[] = []
  let place = 0
  for (let at = 0; at < delivered.length; at += SEGMENT_BYTES) {
    const segment = delivered.subarray(at, at + SEGMENT_BYTES)
    while (place < made.length && !segment.equals(made.subarray(place, place + SEGMENT_BYTES)))
      place += SEGMENT_BYTES
    expect(place).toBeLessThan(made.length)
    places.push(place)
    place += SEGMENT_BYTES
  }
  return places
}

describe('a live content', () => {
  it('comes to those who begin at its begin and at its edge, and stays when it has ended', async () => {
    const { cluster, source } = await published()
    const producer = new Producer(source.child.stdin!)
    const toStdout = { events: 'stderr' } as const
    const record = cluster.path('live.record')
    const early = cluster.fetch('live/one', '-', ['--start', 'begin', '--record', record], toStdout)
    const all = outputOf(early)
    await producer.until(200_000)
    const late = cluster.fetch('live/one', '-', [], toStdout)
    const rest = outputOf(late)
    await late.event('progress', ({ bytes }) => bytes > 0)
    await early.event('progress', ({ bytes }) => bytes > 100_000)
    expect(early.isRunning).toBe(true)
    const list = cluster.run(['client', 'list', '--json', '--director', cluster.director!.address])
    const listed = await list.outcome('listed')
    expect(listed).toMatchObject({ name: 'live/one', isLive: true, sources: 1 })
    expect(listed).not.toHaveProperty('bytes')
    await producer.until(producer.bytes.length + 100_000)
    await producer.stop()
    source.child.stdin!.end()
    expect(await source.event('ended')).toMatchObject({ bytes: producer.bytes.length })
    expect((await early.ended).code).toBe(ExitCode.ok)
    expect(Buffer.compare(await all, producer.bytes)).toBe(0)
    const replay = cluster.run(['replay', record, '--json'])
    expect(await replay.outcome('replay')).toMatchObject({ identical: true })
    expect((await late.ended).code).toBe(ExitCode.ok)
    const begin = producer.bytes.length - (await rest).length
    expect(begin).toBeGreaterThan(0)
    expect(begin % SEGMENT_BYTES).toBe(0)
    expect(Buffer.compare(await rest, producer.bytes.subarray(begin))).toBe(0)
    const after = cluster.fetch('live/one', 'whole.bin')
    const { bytes, sha256 } = await after.outcome('done')
    expect(bytes).toBe(producer.bytes.length)
    expect(sha256).toBe(createHash('sha256').update(producer.bytes).digest('hex'))
    expect(Buffer.compare(await readFile(cluster.path('whole.bin')), producer.bytes)).toBe(0)
  })

  it('that begins anew ends the fetches of the stream of before, which say so', async () => {
    const { cluster, source } = await published()
    const producer = new Producer(source.child.stdin!)
    source.child.stdin!.on('error', () => {})
    const client = cluster.fetch('live/one', 'out.bin')
    await client.event('progress', ({ bytes }) => bytes > 0)
    await source.end()
    await producer.stop()
    const again = await publish(cluster)
    const { message } = await client.outcome('error')
    expect(message).toContain('begun anew')
    expect((await client.ended).code).toBe(ExitCode.integrity)
    const second = new Producer(again.child.stdin!)
    const other = cluster.fetch('live/one', 'other.bin', ['--start', 'begin'])
    await other.event('progress', ({ bytes }) => bytes > 0)
    await second.stop()
    again.child.stdin!.end()
    await other.outcome('done')
    expect(Buffer.compare(await readFile(cluster.path('other.bin')), second.bytes)).toBe(0)
  })

  it('can come from a connection, and clients are told when nothing new is made', async () => {
    const { cluster, source } = await published(['--listen-tcp', '0', '--window', '10s'])
    const { port } = await source.event('input')
    const socket = connect(port, '127.0.0.1')
    const client = cluster.fetch('live/one', 'out.bin', ['--start', '-5s', '--latency', '5s'])
    await client.event('content')
    const bytes = Buffer.alloc(10 * SEGMENT_BYTES + 5, 'anabranch')
    socket.write(bytes)
    expect(await client.event('waiting')).toMatchObject({ missing: 'input' })
    socket.end(bytes)
    expect(await client.outcome('done')).toMatchObject({ bytes: 2 * bytes.length })
    expect(client.events.some(({ event }) => event === 'resumed')).toBe(true)
    expect(Buffer.compare(await readFile(cluster.path('out.bin')), Buffer.concat([bytes, bytes]))).toBe(0)
  })

  it('that is read too slowly ends when the window has passed, or goes on near the edge with --latency', async () => {
    const { cluster, source } = await published(['--window', '3s'])
    const producer = new Producer(source.child.stdin!, 10 * PIECE_BYTES)
    const slow = ['--start', 'begin', '--memory', '1MiB']
    const patient = cluster.fetch('live/one', '-', slow, { events: 'stderr' })
    const hasty = cluster.fetch('live/one', '-', [...slow, '--latency', '500ms'], { events: 'stderr' })
    for (const client of [patient, hasty]) await client.event('content')
    // Nobody reads their standard outputs meanwhile; neither the clients nor the window hold so much.
    await producer.until(24_000_000)
    const [cut, rest] = [outputOf(patient), outputOf(hasty)]
    expect((await patient.ended).code).toBe(ExitCode.timeout)
    await hasty.event('skipped', ({ bytes }) => bytes > 0)
    const { bytes } = await hasty.event('progress', () => true)
    await hasty.event('progress', progress => progress.bytes > bytes + 1_000_000)
    await producer.stop()
    source.child.stdin!.end()
    expect((await hasty.ended).code).toBe(ExitCode.ok)
    const [before, delivered] = await Promise.all([cut, rest])
    expect(Buffer.compare(before, producer.bytes.subarray(0, before.length))).toBe(0)
    expect(delivered.length).toBeLessThan(producer.bytes.length)
    expect(placesOf(delivered, producer.bytes).at(-1)).toBeGreaterThan(24_000_000)
  })

  it('goes on when its relays have been away for 5 s: whole, or at the edge with --latency', async () => {
    const { cluster, source } = await published()
    const producer = new Producer(source.child.stdin!)
    const toStdout = { events: 'stderr' } as const
    const all = cluster.fetch('live/one', '-', ['--start', 'begin'], toStdout)
    const edge = cluster.fetch('live/one', '-', ['--start', 'begin', '--latency', '1s'], toStdout)
    const outputs = Promise.all([outputOf(all), outputOf(edge)])
    for (const client of [all, edge]) await client.event('progress', ({ bytes }) => bytes > 100_000)
    for (const relay of cluster.relays) relay.kill('SIGSTOP')
    await producer.until(producer.bytes.length + 2_000_000)
    const backAtBytes = producer.bytes.length
    for (const relay of cluster.relays) relay.kill('SIGCONT')
    await edge.event('skipped', ({ bytes }) => bytes > 0)
    const { bytes } = edge.events.findLast(({ event }) => event === 'progress')!
    await edge.event('progress', progress => progress.bytes > bytes + 400_000)
    await producer.stop()
    source.child.stdin!.end()
    for (const client of [all, edge]) expect((await client.ended).code).toBe(ExitCode.ok)
    const [whole, parts] = await outputs
    expect(Buffer.compare(whole, producer.bytes)).toBe(0)
    expect(parts.length).toBeLessThan(producer.bytes.length)
    expect(placesOf(parts, producer.bytes).at(-1)).toBeGreaterThanOrEqual(backAtBytes)
  })
})
