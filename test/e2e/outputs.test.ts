import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { lstat, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const MB = 1_000_000
const SIZE_BYTES = 20 * MB

describe('an output', () => {
  it('gets the directories that it needs with --create-dirs, and with a slash at its end', async () => {
    const cluster = await Cluster.start([[]], contents => writeFile(join(contents, 'a'), 'hello'))
    const missing = cluster.path('x/y/out')
    expect(await cluster.fetch('a', missing).outcome('error')).toMatchObject({ code: 'ERR_OUTPUT' })
    await cluster.fetch('a', missing, ['--create-dirs']).outcome('done')
    expect(await readFile(missing, 'utf8')).toBe('hello')
    await cluster.fetch('a', `${cluster.path('z/films')}/`).outcome('done')
    expect(await readFile(cluster.path('z/films/a'), 'utf8')).toBe('hello')
  })

  it('has one run that writes it; a second one says so and does no harm', async () => {
    const { cluster, sha256 } = await started('40mbit')
    const output = cluster.path('out.bin')
    const first = cluster.fetch('a.bin', output, ['--memory', '4MiB'])
    await first.event('progress', ({ bytes }) => bytes > 0)
    const second = cluster.fetch('a.bin', output, ['--force'])
    expect(await second.outcome('error')).toMatchObject({
      code: 'ERR_OUTPUT_BUSY',
      message: expect.stringContaining(`another run (process ${first.pid}) is writing this file`)
    })
    expect(await second.ended).toMatchObject({ code: 2 })
    expect((await first.outcome('done')).sha256).toBe(sha256)
    expect(await first.ended).toMatchObject({ code: 0 })
    expect(await hashOf(output)).toBe(sha256)
    expect((await readdir(cluster.directory)).filter(name => name.startsWith('out.bin'))).toEqual(['out.bin'])
  })

  it('that its reader closes, or that was closed from the start, is no success', async () => {
    const { cluster } = await started()
    const flags = ['client', 'fetch', 'a.bin', '--json', '-o', '-', '--director', cluster.director!.address]
    const closed = cluster.run(flags, { events: 'stderr' })
    closed.child.stdout!.once('data', () => closed.child.stdout!.destroy())
    const absent = cluster.run(flags, { events: 'stderr', under: shell('exec "$@" >&-') })
    for (const fetch of [closed, absent]) {
      expect(await fetch.outcome('error')).toMatchObject({
        code: 'ERR_OUTPUT_CLOSED',
        message: 'standard output was closed before the content was written whole'
      })
      expect(await fetch.ended).toMatchObject({ code: 9 })
    }
  })

  it('may be the standard output by another name, which is not replaced by force', async () => {
    const { cluster, sha256 } = await started()
    const args = ['client', 'fetch', 'a.bin', '--json', '--checksum', '--force', '-o', '/dev/stdout']
    const fetch = cluster.run([...args, '--director', cluster.director!.address], {
      events: 'stderr',
      under: shell('exec "$@" >out.bin')
    })
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
    expect(await fetch.ended).toMatchObject({ code: 0 })
    expect(await hashOf(cluster.path('out.bin'))).toBe(sha256)
    expect((await lstat('/dev/stdout')).isSymbolicLink()).toBe(true)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 7]
  ] as const)('that is a pipe without a reader does not hold up %s', async (signal, code) => {
    const { cluster } = await started()
    execFileSync('mkfifo', [cluster.path('pipe')])
    const script = cluster.path('opening.cjs')
    await writeFile(
      script,
      `const fs = require('fs'), { openSync } = fs
      fs.openSync = (path, ...rest) => {
        if (path === 'pipe') console.log('{"event":"opening"}')
        return openSync(path, ...rest)
      }`
    )
    const environment = { NODE_OPTIONS: `--require ${script}` }
    const fetch = cluster.fetch('a.bin', 'pipe', [], { environment })
    await fetch.event('opening')
    fetch.kill(signal)
    expect(await fetch.ended).toEqual({ code, signal: null })
  })
})

describe('an output that is a descriptor', () => {
  it('which nobody has opened is refused, whatever this program has there itself', async () => {
    const { cluster } = await started()
    for (const descriptor of [3, 9, 15, 20]) {
      const fetch = cluster.fetch('a.bin', `/dev/fd/${descriptor}`)
      expect((await fetch.outcome('error')).message).toContain(`descriptor ${descriptor} is not open`)
      expect(await fetch.ended).toEqual({ code: 9, signal: null })
    }
  })
})

describe('a log that nobody reads', () => {
  it('stops neither the routes of a relay nor its end', async () => {
    const cluster = await Cluster.create()
    const sha256 = await makeContent(join(cluster.contents, 'a.bin'), SIZE_BYTES)
    cluster.director = await cluster.startDirector()
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    makeFullPipe(cluster.path('log'))
    const flags = [
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--home',
      'relay',
      '--director',
      cluster.director.address
    ]
    const relay = cluster.run(['relay', 'start', '-v', ...flags], { under: shell('exec "$@" 2>log') })
    await source.event('registered')
    await cluster.director.event('joined', ({ role }) => role === 'relay')
    expect(await cluster.fetch('a.bin', 'a.bin').outcome('done')).toMatchObject({ sha256 })
    relay.kill('SIGTERM')
    expect(await relay.ended).toEqual({ code: 0, signal: null })
  })
})

describe('a home', () => {
  it('is of one process at a time, whatever its role, and free after a kill -9', async () => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const home = cluster.path('director')
    const address = ['--director', director.address]
    for (const args of [
      ['director', 'start', '--listen', '/ip4/127.0.0.1/tcp/0'],
      ['relay', 'start', '--listen', '/ip4/127.0.0.1/tcp/0', ...address],
      ['client', 'fetch', 'a.bin', ...address]
    ]) {
      const other = cluster.run([...args, '--json', '--home', home])
      expect(await other.outcome('error')).toMatchObject({
        code: 'ERR_HOME_BUSY',
        message: expect.stringContaining(`another process (${director.pid}) uses the home ${home}; `)
      })
      expect(await other.ended).toMatchObject({ code: 2 })
    }
    director.kill('SIGKILL')
    await director.ended
    expect((await cluster.startDirector()).peerId).toBe(director.peerId)
  })
})

/** A source of one content and a relay. */
async function started(rate = '800mbit') {
  let sha256 = ''
  const cluster = await Cluster.start([['--max-rate', rate]], async contents => {
    sha256 = await makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  })
  return { cluster, sha256 }
}

/** Runs a program from within a shell script, whose arguments it is. */
function shell(script: string): string[] {
  return ['sh', '-c', script, 'sh']
}

/** A named pipe that takes nothing more until the test is over. */
function makeFullPipe(path: string): void {
  execFileSync('mkfifo', [path])
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(pipe))
  try {
    for (;;) writeSync(pipe, Buffer.alloc(4096))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
}
