import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashOf, makeContent } from '../contents.ts'
import { Cluster, shared, type WhenOver } from '../harness.ts'

const SIZE_BYTES = 4_000_000
/** Where nobody listens. */
const NOWHERE = '/ip4/127.0.0.1/tcp/1'

const network = shared(started)

describe('a fetch onto a disk', () => {
  it('that gets full keeps what came, and the same command goes on when there is room', async () => {
    const { cluster, sha256 } = network()
    const disk = await makeDisk(cluster, 'size=8m')
    const both = cluster.fetch(
      'a.bin',
      'disk/x',
      ['--max-rate', '16mbit'],
      disk.under('"$@"; rm disk/filler; "$@"; sha256sum disk/x')
    )
    await both.event('progress', ({ bytes }) => bytes > SIZE_BYTES / 4)
    const filler = join('/proc', String(both.pid), 'root', cluster.path('disk/filler'))
    await expect(writeFile(filler, Buffer.alloc(9_000_000))).rejects.toThrow('ENOSPC')
    const full = await both.event('error')
    expect(full).toMatchObject({
      code: 'ERR_DISK_FULL',
      message: expect.stringContaining('the same command again')
    })
    expect((await both.outcome('done')).sha256).toBe(sha256)
    expect((await both.outcome('content')).resumeBytes).toBeGreaterThan(SIZE_BYTES / 8)
    expect(both.complaints).toContain(`${sha256}  disk/x`)
  })

  it('without room for all of it ends before the first byte; one that does not tell its size goes on', async () => {
    const { cluster, sha256 } = network()
    const disk = await makeDisk(cluster, 'size=2m')
    const fetch = cluster.fetch('a.bin', 'disk/x', [], disk.under('"$@"; code=$?; ls -A disk; exit $code'))
    expect(await fetch.outcome('error')).toMatchObject({
      code: 'ERR_NO_ROOM',
      message:
        'disk/x needs another 4.0 MB and its disk has 2.1 MB left; free some space, or choose another output'
    })
    expect(await fetch.ended).toMatchObject({ code: 9 })
    expect(fetch.events.map(({ event }) => event)).not.toContain('progress')
    expect(fetch.complaints).not.toContain('x.part')
    const other = await makeDisk(cluster, '', 'ramfs')
    const second = cluster.fetch('a.bin', 'disk/x', [], other.under('exec "$@"'))
    expect((await second.outcome('done')).sha256).toBe(sha256)
  })

  it('under a limit for files says so, and goes on when that is raised', async () => {
    const { cluster, sha256 } = network()
    const limited = 'ulimit -S -f 2000; "$@"; ulimit -S -f unlimited; "$@"'
    const both = cluster.fetch('a.bin', 'limited', [], { under: ['sh', '-c', limited, 'sh'] })
    expect((await both.outcome('done')).sha256).toBe(sha256)
    expect((await both.event('error')).message).toContain('larger than allowed (EFBIG); raise the limit')
    expect((await both.outcome('content')).resumeBytes).toBeGreaterThan(900_000)
    expect(await hashOf(cluster.path('limited'))).toBe(sha256)
  })

  it('is refused before anybody is asked where the path cannot be written', async () => {
    const cluster = await Cluster.create()
    await writeFile(cluster.path('file'), '')
    const disk = await makeDisk(cluster, 'size=1m,ro')
    const wrong = {
      'missing/x': 'its directory does not exist',
      'file/x': 'a part of the path is no directory',
      'disk/x': 'the file system is read-only',
      ['n'.repeat(256)]: 'the name is too long'
    }
    for (const [output, message] of Object.entries(wrong)) {
      const flags = ['--director', NOWHERE]
      const fetch = cluster.fetch('a.bin', output, flags, disk.under('exec "$@"'))
      expect(await fetch.outcome('error'), output).toMatchObject({
        code: 'ERR_OUTPUT',
        message: expect.stringContaining(message)
      })
      expect(await fetch.ended).toMatchObject({ code: 9 })
    }
    const adrift = ['sh', '-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', 'sh']
    const nowhere = cluster.fetch('a.bin', 'x', ['--director', NOWHERE], { under: adrift })
    expect((await nowhere.outcome('error')).message).toBe(
      'the current directory has been removed; change to another one (cd)'
    )
    await mkdir(cluster.path('disk/a.bin'))
    const folder = cluster.fetch('a.bin', 'disk', ['--director', NOWHERE])
    expect(await folder.outcome('error')).toMatchObject({ code: 'ERR_OUTPUT_DIRECTORY' })
    expect(await folder.ended).toMatchObject({ code: 2 })
  })
})

describe('a full disk', () => {
  it('of --record and TMPDIR ends no fetch, as a device of that kind does', async () => {
    const { cluster, sha256 } = network()
    const disk = await makeDisk(cluster, 'size=1m')
    const environment = { TMPDIR: cluster.path('disk') }
    const options = { ...disk.under('head -c 2000000 /dev/zero >disk/filler; exec "$@"'), environment }
    const fetch = cluster.fetch('a.bin', 'recorded', ['--record', 'disk/record'], options)
    expect((await fetch.outcome('done')).sha256).toBe(sha256)
    expect((await fetch.event('problem')).message).toContain(
      'the record disk/record ends here: no space is left'
    )
  })

  it('under a new home leaves no key, and the home can be used when there is room', async () => {
    const { cluster } = network()
    const disk = await makeDisk(cluster, 'size=1m')
    const twice = 'head -c 2000000 /dev/zero >disk/filler; "$@"; ls -A disk/home; rm disk/filler; "$@"'
    const both = cluster.fetch('a.bin', 'from-home', ['--home', 'disk/home'], disk.under(twice))
    expect(await both.event('error')).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringContaining('no space is left (ENOSPC); free some space')
    })
    await both.outcome('done')
    expect(both.complaints).not.toContain('identity.key')
  })

  it('under a source keeps back what cannot be hashed, until there is room; a removed folder is made anew', async () => {
    const cluster = await Cluster.create()
    const disk = await makeDisk(cluster, 'size=1m')
    const flags = ['--dir', cluster.contents]
    const source = await cluster.startMember('source', 'disk/source', flags, disk.under('exec "$@"'))
    const root = join('/proc', String(source.pid), 'root')
    const filler = join(root, cluster.path('disk/filler'))
    await expect(writeFile(filler, Buffer.alloc(2_000_000))).rejects.toThrow('ENOSPC')
    const content = join(cluster.contents, 'a.bin')
    await makeContent(content, SIZE_BYTES)
    const { message } = await source.event('catalog', ({ change }) => change === 'problem')
    expect(message).toMatch(/^cannot keep hashes in .*: no space is left \(ENOSPC\); free some space/)
    await rm(join(root, cluster.path('disk/source/hashes')), { recursive: true })
    await rm(filler)
    // A change is looked at sooner than a failure is tried again.
    await utimes(content, 0, 0)
    await source.event('catalog', ({ change, name }) => change === 'added' && name === 'a.bin')
  })

  it('under a relay costs none of its accounts where there is room before it stops', async () => {
    const { cluster } = network()
    const disk = await makeDisk(cluster, 'size=1m')
    const flags = ['--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--director', cluster.director!.address]
    const script = '"$@" & trap "kill $!" TERM; wait; wait; "$1" relay usage --home disk/relay --json'
    const relay = cluster.run(['relay', 'start', '--home', 'disk/relay', ...flags], disk.under(script))
    await relay.event('registered')
    const { peerId } = await relay.event('listening')
    const filler = join('/proc', String(relay.pid), 'root', cluster.path('disk/filler'))
    await expect(writeFile(filler, Buffer.alloc(2_000_000))).rejects.toThrow('ENOSPC')
    await cluster.fetch('a.bin', 'via', ['--via', peerId]).outcome('done')
    expect((await relay.event('problem')).message).toContain('database or disk is full')
    await writeFile(filler, '')
    relay.kill('SIGTERM')
    expect((await relay.outcome('total')).bytes).toBeGreaterThan(SIZE_BYTES)
  })
})

/** A source of one content and a relay. */
async function started(whenOver: WhenOver) {
  let sha256 = ''
  const prepare = async (contents: string) => {
    sha256 = await makeContent(join(contents, 'a.bin'), SIZE_BYTES)
  }
  const cluster = await Cluster.start([[]], prepare, [], whenOver)
  return { cluster, sha256 }
}

/** A disk of its own for each program that is run under it, in the directory `disk` of the cluster. */
async function makeDisk(cluster: Cluster, options: string, type = 'tmpfs') {
  await mkdir(cluster.path('disk'), { recursive: true })
  const mount = `mount -t ${type} ${options && `-o ${options}`} ${type} disk`
  const under = (script: string) => ({
    under: ['unshare', '--map-root-user', '--mount', 'sh', '-c', `${mount} && { ${script}; }`, 'sh']
  })
  return { under }
}
