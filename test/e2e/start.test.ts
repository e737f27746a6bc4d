import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { MALLOC_TUNABLES } from '../../src/cli/malloc-tunables.ts'
import { Cluster } from './harness.ts'

describe('a source or a relay', () => {
  it.each(['source', 'relay'])('rehearses before it registers: a %s', async role => {
    const cluster = await Cluster.create()
    const director = await cluster.startDirector()
    const dir = role === 'source' ? ['--dir', cluster.contents] : []
    const flags = [
      '--listen',
      '/ip4/127.0.0.1/tcp/0',
      '--home',
      'home',
      '--director',
      director.address,
      ...dir
    ]
    const member = cluster.run([role, 'start', '--json', '-v', ...flags])
    await member.event('registered')
    const told = member.events.filter(({ event }) => event === 'rehearsed' || event === 'registered')
    expect(told).toMatchObject([{ event: 'rehearsed' }, { event: 'registered' }])
    expect(told[0]).not.toHaveProperty('error')
  })
})

describe('a command', () => {
  it("loads none of Node's own modules that it does not need", async () => {
    const cluster = await Cluster.create()
    const { address } = await cluster.startDirector()
    const script = cluster.path('loaded.cjs')
    await writeFile(script, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')))")
    const environment = { NODE_OPTIONS: `--require ${script}` }
    const fetch = cluster.run(['client', 'fetch', 'missing', '--director', address], { environment })
    await fetch.ended
    const loaded = fetch.complaints.split('\n')
    expect(loaded).toContain('NativeModule crypto')
    for (const name of ['child_process', 'cluster', 'internal/util/diff', 'readline', 'worker_threads']) {
      expect(loaded).not.toContain(`NativeModule ${name}`)
    }
  })

  it('sets how glibc keeps its memory, for itself alone, unless that is set already', async () => {
    const cluster = await Cluster.create()
    const script = cluster.path('tunables.cjs')
    const tell = "console.error('tunables=' + process.env.GLIBC_TUNABLES)"
    await writeFile(script, `${tell}; process.on('exit', () => ${tell})`)
    const tunablesOf = async (environment: Record<string, string>) => {
      const fetch = cluster.run(['client', 'fetch', 'x'], {
        environment: { NODE_OPTIONS: `--require ${script}`, ...environment }
      })
      await fetch.ended
      return [...fetch.complaints.matchAll(/tunables=(.*)/g)].map(match => match[1])
    }
    expect(await tunablesOf({})).toEqual([MALLOC_TUNABLES, 'undefined'])
    const users = 'glibc.malloc.tcache_count=8'
    expect(await tunablesOf({ GLIBC_TUNABLES: users })).toEqual([users, users])
  })

  it('of a Node that is too old says only that, and leaves its V8 alone', async () => {
    const cluster = await Cluster.create()
    const script = cluster.path('old.cjs')
    await writeFile(
      script,
      `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })
      Promise.withResolvers = undefined
      require('node:module').enableCompileCache = undefined
      require('node:v8').setFlagsFromString = flag => console.error('unrecognized flag ' + flag)`
    )
    const fetch = cluster.run(['client', 'fetch', 'content'], {
      environment: { NODE_OPTIONS: `--require ${script}` }
    })
    expect((await fetch.ended).code).toBe(2)
    expect(fetch.complaints).toMatch(
      /^anabranch: Node 20\.20\.2 is too old, 22\.13 or newer is needed; [^\n]*\n?$/
    )
  })
})
