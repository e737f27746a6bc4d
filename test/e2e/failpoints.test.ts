import { appendFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FailpointName } from '../../src/failpoints.ts'
import { hashOf, makeContent } from './contents.ts'
import { Cluster, type Daemon, shared, type WhenOver } from './harness.ts'
import type { ProgramOptions } from './program.ts'

const SIZE_BYTES = 2_000_000

describe('a client that is killed', () => {
  const network = shared(whenOver => started({}, whenOver))
  beforeEach(async () => {
    const out = network().cluster.path('out')
    await rm(out, { recursive: true })
    await mkdir(out)
  })

  it.each(['client.beforeSidecar', 'client.afterSidecar', 'client.beforeRename'] as const)(
    'at %s leaves what the same command completes',
    async name => {
      const { cluster, sha256 } = network()
      await killedAt(cluster, name)
      expect(await fetchAgain(cluster)).toBe(sha256)
    }
  )

  it('while it looks at what an earlier run has left, leaves it as good as it was', async () => {
    const { cluster, sha256 } = network()
    await killedAt(cluster, 'client.beforeRename')
    await killedAt(cluster, 'client.resumed')
    expect(await fetchAgain(cluster)).toBe(sha256)
  })

  it.each(['client.linked', 'client.afterRename'] as const)(
    'at %s leaves the whole file, and the same command finds it finished',
    async name => {
      const { cluster, sha256 } = network()
      await killedAt(cluster, name)
      const again = cluster.fetch('a.bin', 'out/a.bin')
      expect(await again.outcome('done')).toMatchObject({ isPresent: true, sha256 })
      expect(await hashOf(cluster.path('out/a.bin'))).toBe(sha256)
      expect(await readdir(cluster.path('out'))).toEqual(['a.bin'])
    }
  )

  it('between the two names of its finished file does not make the next run write into that file', async () => {
    const { cluster, sha256 } = network()
    await killedAt(cluster, 'client.linked')
    // What its owner has changed since would be lost, too.
    await appendFile(cluster.path('out/a.bin'), 'changed')
    const changed = await hashOf(cluster.path('out/a.bin'))
    await killedAt(cluster, 'client.beforeRename', ['--force'])
    expect(await hashOf(cluster.path('out/a.bin'))).toBe(changed)
    expect(await fetchAgain(cluster, ['--force'])).toBe(sha256)
  })
})

describe('a fetch goes on', () => {
  it.each([
    ['source', 'source.opened'],
    ['source', 'source.segment'],
    ['relay', 'relay.admitted'],
    ['relay', 'relay.forward']
  ] as const)('when the %s dies at %s and is started again', async (role, name) => {
    const { cluster, sha256 } = await started({ [role]: armed(name) })
    const fetch = cluster.fetch('a.bin', 'out/a.bin')
    const victim = role === 'source' ? cluster.source! : cluster.relays[0]!
    await dead(victim)
    const flags = ['--listen', victim.address.split('/p2p/')[0]!]
    if (role === 'source') flags.push('--dir', cluster.contents)
    await cluster.startMember(role, role, flags)
    expect((await fetch.outcome('done')).sha256).toBe(sha256)
  })

  it.each([
    ['source', 'source.opened'],
    ['source', 'source.segment'],
    ['relay', 'relay.admitted'],
    ['relay', 'relay.forward']
  ] as const)('after an error of the %s at %s', async (role, name) => {
    const { cluster, sha256 } = await started({ [role]: armed(name, 'error:1') })
    const fetch = cluster.fetch('a.bin', 'out/a.bin')
    expect((await fetch.outcome('done')).sha256).toBe(sha256)
  })

  it('when a director dies at director.registered and is started again', async () => {
    const { cluster, sha256 } = await started()
    const { director, relays } = cluster
    const listen = director!.address.split('/p2p/')[0]!
    director!.kill('SIGKILL')
    await dead(director!)
    const doomed = await cluster.startDirector(listen, [], armed('director.registered', 'exit:2'))
    await dead(doomed)
    const back = [cluster.source!, relays[0]!].map(member => member.nextEvent('registered'))
    cluster.director = await cluster.startDirector(listen)
    await Promise.all(back)
    expect(await fetchAgain(cluster)).toBe(sha256)
  })
})

/** A director, a source and one relay; `options` are of the source and the relay, by role. */
async function started(
  options: { source?: ProgramOptions; relay?: ProgramOptions } = {},
  whenOver?: WhenOver
) {
  const cluster = await Cluster.create(whenOver)
  await mkdir(cluster.path('out'))
  const sha256 = await makeContent(join(cluster.contents, 'a.bin'), SIZE_BYTES)
  cluster.director = await cluster.startDirector()
  const [source, relay] = await Promise.all([
    cluster.startMember('source', 'source', ['--dir', cluster.contents], options.source),
    cluster.startMember('relay', 'relay', [], options.relay)
  ])
  cluster.source = source
  cluster.relays.push(relay)
  for (const member of [source, relay]) await member.event('registered')
  return { cluster, sha256 }
}

function armed(name: FailpointName, action = 'exit'): ProgramOptions {
  return { environment: { ANABRANCH_FAILPOINTS: `${name}=${action}` } }
}

/** Fetches until the failpoint ends the client. */
async function killedAt(cluster: Cluster, name: FailpointName, flags: string[] = []): Promise<void> {
  const fetch = cluster.fetch('a.bin', 'out/a.bin', flags, armed(name))
  expect(await fetch.ended).toEqual({ code: null, signal: 'SIGKILL' })
}

/** Fetches to the end, where nothing is left beside the output; gives the output's SHA-256. */
async function fetchAgain(cluster: Cluster, flags: string[] = []): Promise<string> {
  const fetch = cluster.fetch('a.bin', 'out/a.bin', flags)
  await fetch.outcome('done')
  expect(await readdir(cluster.path('out'))).toEqual(['a.bin'])
  return await hashOf(cluster.path('out/a.bin'))
}

async function dead(daemon: Daemon): Promise<void> {
  expect(await daemon.ended).toEqual({ code: null, signal: 'SIGKILL' })
}
