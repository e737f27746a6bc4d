import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program, Told } from './program.ts'

const MB = 1_000_000

/** A content of 12 MB that comes at 125 kB/s over two relays, of three that there are. */
async function fetching(flags: string[] = []): Promise<{ cluster: Cluster; fetch: Program }> {
  const cluster = await Cluster.start([[], [], []], contents => makeContent(join(contents, 'a.bin'), 12 * MB))
  const relays = cluster.relays.slice(0, 2).flatMap(relay => ['--route', relay.address])
  const source = ['--source', cluster.source!.address]
  const args = ['client', 'fetch', 'a.bin', '--json', '-v', '-o', cluster.path('a'), ...source, ...relays]
  const fetch = cluster.run([...args, '--max-rate', '1mbit', ...flags])
  await fetch.event('controllable')
  return { cluster, fetch }
}

/** Runs `client control`, and gives its outcome: what the fetch does then, or the error. */
async function control(cluster: Cluster, ...words: string[]): Promise<Told> {
  const program = cluster.run(['client', 'control', '--json', ...words])
  await program.ended
  return program.events.at(-1)!
}

const carried = (event: Told) =>
  Object.fromEntries(event.contents[0].routes.map((each: Told) => [each.id, each]))

describe('client control', () => {
  it('shows and steers a fetch that runs, which then ends well', async () => {
    const { cluster, fetch } = await fetching()
    const shown = await control(cluster)
    expect(shown).toMatchObject({ event: 'fetch', pid: fetch.pid, isPaused: false })
    expect(shown.contents).toMatchObject([{ name: 'a.bin', sizeBytes: 12 * MB, isLive: false }])
    expect(Object.keys(carried(shown))).toEqual(['A', 'B'])
    expect(carried(shown).A).toMatchObject({
      relays: [cluster.relays[0]!.peerId],
      source: cluster.source!.peerId,
      isParked: false
    })

    expect(await control(cluster, 'pattern', 'AAB')).toMatchObject({ pinned: 'AAB' })
    await fetch.event('pattern', ({ pattern }) => pattern === 'AAB')
    expect((await control(cluster, 'pattern', 'auto')).pinned).toBeUndefined()

    expect(carried(await control(cluster, 'park', 'B')).B).toMatchObject({ isParked: true, state: 'parked' })
    await fetch.event('route', ({ id, state }) => id === 'B' && state === 'parked')
    expect(await control(cluster, 'park', 'A')).toMatchObject({ code: 'ERR_CONTROL' })
    expect(carried(await control(cluster, 'unpark', 'B')).B).toMatchObject({ isParked: false, state: 'open' })

    await control(cluster, 'route', cluster.relays[2]!.address)
    await fetch.event('route', ({ id, state }) => id === 'C' && state === 'open')

    await control(cluster, 'max-rate', 'none')
    await fetch.event('done')
    expect(await hashOf(cluster.path('a'))).toBe(await hashOf(join(cluster.contents, 'a.bin')))
  })

  it('pauses a fetch for longer than its patience, and goes on', async () => {
    const { cluster, fetch } = await fetching(['--patience', '1s'])
    await control(cluster, 'pause')
    const before = await fetch.nextEvent('progress')
    await fetch.nextEvent('progress', ({ atMs }) => atMs > before.atMs + 2_500)
    const { bytes } = (await control(cluster, 'show')).contents[0]
    await fetch.nextEvent('progress', ({ atMs }) => atMs > before.atMs + 3_500)
    const shown = await control(cluster, 'show')
    expect(shown.isPaused).toBe(true)
    expect(shown.contents[0].bytes).toBe(bytes)
    await control(cluster, 'max-rate', '400mbit')
    await control(cluster, 'resume')
    expect(await fetch.outcome('done')).toMatchObject({ bytes: 12 * MB })
    expect(fetch.events.some(({ event }) => event === 'waiting')).toBe(false)
  })

  it('refuses what makes no sense, and tells why', async () => {
    const { cluster, fetch } = await fetching()
    const refused = async (...words: string[]) => {
      const program = cluster.run(['client', 'control', '--json', ...words])
      return { code: (await program.ended).code, message: program.events.at(-1)!.message as string }
    }
    expect(await refused('park', 'Z')).toMatchObject({
      code: ExitCode.usage,
      message: 'there is no route Z now; there are A, B'
    })
    expect((await refused('pattern', 'AZ')).message).toContain('there is no route Z')
    expect((await refused('latency', '1s')).message).toContain('for live contents')
    expect((await refused('resume')).message).toBe('the fetch is not paused')
    expect((await refused('route', 'nowhere')).code).toBe(ExitCode.usage)
    expect((await refused(String(fetch.pid), 'dance')).message).toContain("there is no command 'dance'")
    expect((await refused('other.bin', 'show')).code).toBe(ExitCode.notFound)
    expect(fetch.isRunning).toBe(true)
  })

  it('keeps its socket to the user, and takes it away at the end, and those of others that are dead', async () => {
    const runtime = await Cluster.create()
    const directory = runtime.path('anabranch')
    await mkdir(directory, { mode: 0o700 })
    leaveSocket(join(directory, '1.sock'))
    const { cluster, fetch } = await fetching()
    const socket = cluster.path(`anabranch/${fetch.pid}.sock`)
    expect(statSync(socket).mode & 0o077).toBe(0)
    expect(statSync(cluster.path('anabranch')).mode & 0o077).toBe(0)
    await control(cluster, 'max-rate', 'none')
    await fetch.ended
    expect(existsSync(socket)).toBe(false)
    expect(await control(cluster, 'show')).toMatchObject({ code: 'ERR_NO_FETCH' })
    await control(runtime)
    expect(existsSync(join(directory, '1.sock'))).toBe(false)
  })

  it('goes on without a socket where others could use it', async () => {
    const cluster = await Cluster.start([[]], contents => writeFile(join(contents, 'a'), 'a'.repeat(100_000)))
    await mkdir(cluster.path('anabranch'), { mode: 0o700, recursive: true })
    await chmod(cluster.path('anabranch'), 0o777)
    const fetch = cluster.fetch('a', cluster.path('out'), ['-v', '--max-rate', '400kbit'])
    expect((await fetch.event('problem')).message).toContain('open to others')
    await fetch.outcome('done')
  })
})

/** Leaves a socket behind which nobody is. */
function leaveSocket(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect(existsSync(path)).toBe(true)
}
