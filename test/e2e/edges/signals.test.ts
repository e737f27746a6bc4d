import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hashOf, makeContent } from '../contents.ts'
import { Cluster, shared, type WhenOver } from '../harness.ts'
import type { ProgramOptions } from '../program.ts'

const SIZE_BYTES = 2_000_000
const LISTEN = ['--listen', '/ip4/127.0.0.1/tcp/0']

/** The signals that ask for the end, and what a fetch ends with. */
const ENDS = [
  ['SIGINT', 130],
  ['SIGTERM', 7],
  ['SIGHUP', 7]
] as const

/** Flags of a fetch that has to run for some seconds, so that signals meet it. */
const SLOW = ['--max-rate', '6mbit']

const network = shared(started)

describe('a signal while modules are loaded', () => {
  it.each(ENDS)('%s ends a fetch and a question with a word and exit code %d', async (signal, code) => {
    const cluster = await Cluster.create()
    const options = await signalAtLoad(cluster, signal)
    const director = ['--director', (await silentAddress()).text]
    const programs = [
      ['client', 'fetch', 'x', ...director],
      ['client', 'routes', 'x', ...director],
      ['client', 'check', ...director]
    ].map(args => cluster.run(args, options))
    for (const program of programs) {
      expect(await program.ended).toEqual({ code, signal: null })
      expect(program.complaints).toMatch(/^anabranch: Interrupted/)
    }
  })

  it.each(['director', 'relay', 'source'])(
    'stops a %s in good order, and leaves its home as it should be',
    async role => {
      const cluster = await Cluster.create()
      const options = await signalAtLoad(cluster, 'SIGTERM')
      const dir = role === 'source' ? ['--dir', cluster.contents] : []
      const daemon = cluster.run([role, 'start', '--json', ...LISTEN, '--home', 'home', ...dir], options)
      expect(await daemon.ended).toEqual({ code: 0, signal: null })
      const left = await readdir(cluster.path('home'))
      expect(left).toContain('identity.key')
      expect(left.filter(name => name.startsWith('lock') || name.startsWith('identity.key.'))).toEqual([])
    }
  )
})

describe('a fetch into a file that a signal ends', () => {
  it('says so at once wherever it stands, and goes on from there later', async () => {
    const { cluster, sha256 } = network()
    await Promise.all(
      ENDS.map(async ([signal, code]) => {
        const output = `${signal}.bin`
        const fetch = (...flags: string[]) => [
          'client',
          'fetch',
          'a.bin',
          '--json',
          '--checksum',
          '-o',
          output,
          ...flags
        ]
        const silent = await silentAddress()
        const asking = cluster.run(fetch('--director', silent.text))
        await silent.dialled()
        asking.kill(signal)
        expect(await asking.ended).toEqual({ code, signal: null })

        const relay = `${silent.text}/p2p/${cluster.relays[0]!.peerId}`
        const opening = cluster.run(fetch('--route', relay, '--source', cluster.source!.address))
        await silent.dialled()
        opening.kill(signal)
        expect(await opening.ended).toEqual({ code, signal: null })

        const transfer = cluster.fetch('a.bin', output)
        await transfer.event('progress', ({ bytes }) => bytes > 0)
        transfer.kill(signal)
        expect(await transfer.outcome('error')).toMatchObject({
          code: 'ERR_INTERRUPTED',
          message: `Interrupted; what came is kept in ${output}.part, run the same command again to resume`
        })
        expect(await transfer.ended).toEqual({ code, signal: null })

        const options = await signalAtFailpoint(cluster, 'client.resumed', signal)
        expect(await cluster.fetch('a.bin', output, [], options).ended).toEqual({ code, signal: null })
        // Where all is there already, the end of the work is what was wanted.
        const finishing = await signalAtFailpoint(cluster, 'client.beforeRename', signal)
        expect(await cluster.fetch('a.bin', output, [], finishing).ended).toEqual({ code: 0, signal: null })
        expect(await hashOf(cluster.path(output))).toBe(sha256)
      })
    )
    const beside = await readdir(cluster.directory)
    expect(beside.filter(name => /^SIG.*\.part/.test(name))).toEqual([])
  })

  it('while it waits for a route', async () => {
    const { cluster } = await started()
    const fetch = cluster.fetch('a.bin', 'out.bin')
    await fetch.event('progress', ({ bytes }) => bytes > 0)
    for (const relay of cluster.relays) await relay.end()
    await fetch.event('waiting')
    fetch.kill('SIGTERM')
    expect(await fetch.ended).toEqual({ code: 7, signal: null })
    expect(existsSync(cluster.path('out.bin.part'))).toBe(true)
  })
})

describe('a fetch', () => {
  it.concurrent('goes on through signals that mean nothing to it', async () => {
    const { cluster, sha256 } = network()
    const fetch = cluster.fetch('a.bin', 'through.bin', SLOW)
    await fetch.event('progress', ({ bytes }) => bytes > 0)
    for (const signal of ['SIGPIPE', 'SIGUSR1', 'SIGWINCH', 'SIGCONT'] as const) fetch.kill(signal)
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
    expect(await fetch.ended).toEqual({ code: 0, signal: null })
    expect(fetch.complaints).toBe('')
  })

  it.concurrent('stops as with Ctrl-Z, and goes on when its shell says so', async () => {
    const { cluster, sha256 } = network()
    // SIGTSTP stops a process only in a group of its own within the session of its parent.
    const under = ['perl', '-e', 'setpgrp; exec @ARGV']
    const fetch = cluster.fetch('a.bin', 'stopped.bin', SLOW, { under })
    await fetch.event('progress', ({ bytes }) => bytes > 0)
    fetch.kill('SIGTSTP')
    await until(async () => / T /.test(await readFile(`/proc/${fetch.pid}/stat`, 'utf8')))
    fetch.kill('SIGCONT')
    expect(await fetch.outcome('done')).toMatchObject({ sha256 })
    expect(await fetch.ended).toEqual({ code: 0, signal: null })
    expect(fetch.complaints).toBe('')
  })

  it('that SIGQUIT ends leaves what the same command completes', async () => {
    const { cluster, sha256 } = network()
    const fetch = cluster.fetch('a.bin', 'quit.bin')
    await fetch.event('progress', ({ bytes }) => bytes > 0)
    fetch.kill('SIGQUIT')
    expect(await fetch.ended).toEqual({ code: null, signal: 'SIGQUIT' })
    expect(await cluster.fetch('a.bin', 'quit.bin').outcome('done')).toMatchObject({ sha256 })
  })

  it.each([
    ['-', 'exec "$@"'],
    ['pipe', 'cat <pipe >/dev/null & exec "$@"']
  ])('into the output %s of %j ends at a signal, too, whether or not it is read', async (output, script) => {
    const { cluster } = network()
    if (output === 'pipe') execFileSync('mkfifo', [cluster.path('pipe')])
    const fetch = cluster.fetch('a.bin', output, [], {
      under: shell(script),
      ...(output === '-' ? { events: 'stderr' } : {})
    })
    await fetch.event('content')
    fetch.kill('SIGTERM')
    expect((await once(fetch.child, 'exit'))[0]).toBe(7)
    fetch.child.stdout!.resume()
  })

  it('without standard error or standard output ends with the same code', async () => {
    const { cluster } = network()
    const ends = ['>&-', '2>&-', '>/dev/full', '2>/dev/full'].map(async (without, index) => {
      const args = [
        'client',
        'fetch',
        'a.bin',
        '-v',
        '-o',
        `${index}.bin`,
        '--director',
        cluster.director!.address
      ]
      const fetch = cluster.run(args, { under: shell(`exec "$@" ${without}`) })
      await until(() => existsSync(cluster.path(`${index}.bin.part`)))
      fetch.kill('SIGTERM')
      expect(await fetch.ended).toEqual({ code: 7, signal: null })
    })
    await Promise.all(ends)
  })
})

describe('a second signal', () => {
  it('ends a daemon at once, that would wait for its routes', async () => {
    const { cluster } = await started()
    const fetch = cluster.fetch('a.bin', 'out.bin')
    await fetch.event('progress', ({ bytes }) => bytes > 0)
    const [relay] = cluster.relays
    relay!.kill('SIGTERM')
    await relay!.event('stopping')
    relay!.kill('SIGINT')
    expect(await relay!.ended).toEqual({ code: 130, signal: null })
  })
})

describe('what was asked for', () => {
  it('and cannot be written is an error; a reader that has enough is none that needs a word', async () => {
    const { cluster } = network()
    for (const args of [
      ['client', 'routes', 'a.bin', '--director', cluster.director!.address],
      ['--version'],
      ['--help']
    ]) {
      const full = cluster.run(args, { under: shell('exec "$@" >/dev/full'), events: 'stderr' })
      expect(await full.ended).toEqual({ code: 9, signal: null })
      expect(full.complaints).toMatch(/^anabranch: standard output cannot be written: .*no space left/)
      const closed = cluster.run(args, { under: shell('exec "$@" >&-'), events: 'stderr' })
      expect(await closed.ended).toEqual({ code: 9, signal: null })
      const left = cluster.run(args, { events: 'stderr' })
      left.child.stdout!.destroy()
      expect(await left.ended).toEqual({ code: 9, signal: null })
      expect(left.complaints).toBe('')
    }
  })

  it('of a daemon is a log that need not be read', async () => {
    const cluster = await Cluster.create()
    const under = shell('exec "$@" >/dev/full')
    const director = cluster.run(['director', 'start', '-v', ...LISTEN, '--home', 'home'], {
      under,
      events: 'stderr'
    })
    await until(() => existsSync(cluster.path('home/identity.key')))
    director.kill('SIGTERM')
    expect(await director.ended).toEqual({ code: 0, signal: null })
  })
})

/** A source of one content, and a relay that takes a second for it. */
async function started(whenOver?: WhenOver) {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start([['--max-rate', '16mbit']], prepare, [], whenOver)
  return { cluster, sha256 }
}

/** Lets a program send itself a signal as soon as it listens for it, before it has loaded the rest of itself. */
async function signalAtLoad(cluster: Cluster, signal: string): Promise<ProgramOptions> {
  const script = cluster.path('load.cjs')
  await writeFile(
    script,
    `const { on } = process
    process.on = (name, listener) => {
      on.call(process, name, listener)
      if (name === '${signal}') {
        process.on = on
        process.kill(process.pid, name)
      }
      return process
    }`
  )
  return { environment: { NODE_OPTIONS: `--require ${script}` } }
}

/** Lets a program send itself a signal at a failpoint. */
async function signalAtFailpoint(cluster: Cluster, name: string, signal: string): Promise<ProgramOptions> {
  const script = cluster.path(`${name}.${signal}.cjs`)
  await writeFile(script, `Atomics.wait = () => process.kill(process.pid, '${signal}')`)
  return { environment: { NODE_OPTIONS: `--require ${script}`, ANABRANCH_FAILPOINTS: `${name}=delay(1)` } }
}

/** An address at which somebody takes connections and says nothing. */
async function silentAddress() {
  const server = createServer(() => {})
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const text = `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
  return { text, dialled: () => once(server, 'connection') }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setImmediate(resolve))
}

/** Runs a program from within a shell script, whose arguments it is. */
function shell(script: string): string[] {
  return ['sh', '-c', script, 'sh']
}
