import { access, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { POLICY_NAMES } from '../../src/planner/policies/names.ts'
import { DIRECTOR_PROTOCOL } from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { createNode } from '../../src/transport/node.ts'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'
import type { Program, ProgramOptions } from './program.ts'

const MB = 1_000_000
const DIRECTOR = ['--director', '/ip4/127.0.0.1/tcp/1']

describe('--version', () => {
  it.each([[[]], [['relay']], [['client', 'fetch']], [['lab', 'run']]])(
    'after %j tells all versions',
    async words => {
      const cluster = await Cluster.create()
      const program = cluster.run([...words, '--version'], { events: 'stderr' })
      const told = text(program.child.stdout!)
      expect(await program.ended).toEqual({ code: 0, signal: null })
      expect(await told).toMatch(
        /^anabranch \d+\.\d+\.\d+\nNode [\d.]+\nroute protocol \d+\.\d+\.\d+\ndirector protocol \d+\.\d+\.\d+\n$/
      )
    }
  )
})

describe('what is typed wrongly', () => {
  it.each([
    [['clinet', 'fetch', 'x'], 'Did you mean client?'],
    [['client', 'fetch'], 'Say what to fetch: NAME, or --input-file LIST'],
    [['client', 'routes'], "missing required argument 'NAME'"],
    [['client', 'fetch', 'x', '--polcy', 'fixed'], 'Did you mean --policy?'],
    [['client', 'fetch', 'x', '--policy', 'best'], 'choose one of'],
    [['client', 'fetch', 'x', '--memory', '64'], 'the unit is required'],
    [['client', 'fetch', 'x', '--pattern', 'A[B'], '--pattern'],
    [['client', 'fetch', 'x', '--routes', '99'], '16 at most'],
    [['client', 'fetch', 'x', '--root', 'abc'], "--root: 'abc' is no root hash"],
    [['client', 'fetch', 'x', ...DIRECTOR, '--from', 'nobody'], "--from: 'nobody' is no peer id"],
    [['client', 'routes', 'x', ...DIRECTOR, '--from', 'nobody'], "--from: 'nobody' is no peer id"],
    [['client', 'fetch', 'x'], '--director ADDRESS'],
    [['client', 'fetch', 'x', '--route', '/ip4/127.0.0.1/tcp/1'], '--route needs --source'],
    [
      ['client', 'fetch', 'x', ...DIRECTOR, '--uplink', 'eth77'],
      "there is no uplink 'eth77'; this host has "
    ],
    [
      ['client', 'fetch', 'x', ...DIRECTOR, '--uplink', 'lo', '--backup', 'eth0'],
      "'eth0' is none of the uplinks lo"
    ],
    [['client', 'fetch', 'x', ...DIRECTOR, '--uplink', 'lo', '--cap', 'lo'], "--cap: 'lo' is no cap"],
    [['client', 'fetch', 'x', ...DIRECTOR, '--cap', 'lo=1GB'], 'name all of these with --uplink'],
    [['client', 'fetch', 'x', ...DIRECTOR, '--uplink', 'a/b'], "--uplink: 'a/b' is neither"],
    [['client', 'fetch', '../x', '--director', '/ip4/127.0.0.1/tcp/1'], "'..'"],
    [['client', 'fetch', 'a\u001b[2Jb', '--director', '/ip4/127.0.0.1/tcp/1'], 'control character'],
    [['relay', 'start', '--max-rate', '40'], 'the unit is required'],
    [['relay', 'start', '--listen', 'localhost:4000'], 'no address to listen on'],
    [['relay', 'start', '--listen', '/ip4/127.0.0.1'], 'no address over TCP'],
    [['relay', 'start', '--listen', '/ip4/127.0.0.1/udp/4003'], 'no address over TCP'],
    [['relay', 'start', '--listen', '/ip4/300.0.0.1/tcp/4003'], 'is no IPv4 address'],
    [['relay', 'start', '--listen', '/ip6/::/tcp/70000'], 'is no port from 0 to 65535'],
    [['relay', 'start', '--announce', '/ip4/203.0.113.9'], 'no address over TCP'],
    [['relay', 'start', '--announce', '/ip4/203.0.113.9/tcp/0'], 'is no port from 1 to 65535'],
    [['relay', 'start', '--announce', '/ip4/0.0.0.0/tcp/4003'], 'no address that others could dial'],
    [['relay', 'start', '--label', 'x'.repeat(65)], '1 to 64 bytes'],
    [['source', 'start', '--label', 'a\u001b[31m'], 'no control characters'],
    [['client', 'fetch', 'x', '--patience', '0s'], 'too short'],
    [['client', 'fetch', 'x', '--route', 'a,,b', '--source', 'x'], 'names no relay'],
    [['relay', 'start', '--max-bytes-per-day', '0B'], 'lets nothing through'],
    [['relay', 'start', '--memory', '1kB'], 'give 1MiB or more'],
    [['relay', 'start', '--allow', 'somebody'], 'names no peer'],
    [['relay', 'start', '--next', 'sometimes'], 'is none of known'],
    [['client', 'fetch', 'x', '-o', ''], '--output: is empty; give PATH'],
    [['client', 'fetch', 'x', ...DIRECTOR, '--record', ' '], '--record: is empty'],
    [['client', 'fetch', 'x', '--director', ''], '--director: is empty; give ADDRESS'],
    [['client', 'fetch', 'x', '--home', ''], '--home: is empty; give DIR'],
    [['client', 'fetch', '', ...DIRECTOR], 'is empty'],
    [['client', 'fetch', '../*', ...DIRECTOR], "has a part '.' or '..'"],
    [['client', 'verify', '', ...DIRECTOR], 'is empty'],
    [['client', 'verify', 'nothing', ...DIRECTOR], 'nothing does not exist'],
    [['client', 'fetch', 'x', '--ouput', 'y'], 'Did you mean --output?'],
    [['client', 'fetch', 'x', '--output'], "option '-o, --output <PATH>' argument missing"],
    [['client', 'fetch', 'x', '--output', '--force'], '--output needs PATH, and --force is a flag'],
    [['client', 'fetch', 'x', '--memory', '999TB'], "'999TB' is more than there is here; give 1MiB to "],
    [['client', 'fetch', 'x', '--memory', '1MiB', '--memory', '1kB'], "'1kB' is too little"],
    [['client', 'fetch', 'x', '--patience', '9999h'], 'give 576h at most'],
    [['relay', 'start', '--max-rate', '99999gbit'], 'give 1000gbit at most'],
    [['relay', 'start', '--max-bytes-per-day', '9999TB'], 'give 1000TB at most'],
    [
      ['source', 'start', '--segment-size', '1B'],
      'every segment costs a hash and a message; give 1KiB to 1MiB'
    ],
    [['source', 'start', '--segment-size', '2MiB'], 'is too much; give 1KiB to 1MiB'],
    [['source', 'start', '--max-rate', '0mbit'], 'lets nothing through; leave it out for no limit'],
    [['source', 'start', '--dir', ''], '--dir: is empty; give DIR'],
    [['source', 'start'], '--dir'],
    [['relay', 'start', 'now'], 'too many arguments']
  ])('%j ends with exit code 2 and one line that says what to do', async (args, text) => {
    const cluster = await Cluster.create()
    const program = cluster.run(args)
    expect(await program.ended).toEqual({ code: 2, signal: null })
    expect(program.complaints.split('\n')).toHaveLength(1)
    expect(program.complaints).toContain(text)
    expect(program.complaints).not.toContain('\u001b')
  })

  it('takes a flag over the environment over the file', async () => {
    const cluster = await Cluster.create()
    await writeFile(cluster.path('c.yaml'), 'policy: file\nmemory: 1GiB\n')
    const fetch = ['client', 'fetch', 'x', '--config', cluster.path('c.yaml')]
    expect(await complaint(cluster, fetch)).toBe(
      `${cluster.path('c.yaml')}:1:9: policy there is no policy 'file'; choose one of ${POLICY_NAMES.join(', ')}`
    )
    const environment = { ANABRANCH_POLICY: 'variable' }
    expect(await complaint(cluster, fetch, { environment })).toContain(
      "ANABRANCH_POLICY: there is no policy 'variable'"
    )
    expect(await complaint(cluster, [...fetch, '--policy', 'flag'], { environment })).toContain(
      "--policy: there is no policy 'flag'"
    )
  })

  it('names line and column of a wrong key in a configuration file', async () => {
    const cluster = await Cluster.create()
    await writeFile(cluster.path('c.yaml'), 'listen:\n  - /ip4/127.0.0.1/tcp/0\nmaxRates: 4mbit\n')
    const relay = cluster.run(['relay', 'start', '--json', '--config', cluster.path('c.yaml')])
    expect(await relay.outcome('error')).toEqual({
      event: 'error',
      code: 'ERR_CONFIGURATION',
      message: `${cluster.path('c.yaml')}:3:1: maxRates is not a key that belongs here; did you mean maxRate?`
    })
    expect(await relay.ended).toMatchObject({ code: 3 })
  })
})

describe('what cannot be', () => {
  it('a port in use', async () => {
    const cluster = await Cluster.create()
    const { address } = await cluster.startDirector()
    const second = cluster.run(['relay', 'start', '--json', '--listen', address.split('/p2p/')[0]!])
    expect(await second.outcome('error')).toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining('port is in use')
    })
    expect(await second.ended).toMatchObject({ code: 5 })
  })

  it('a home that cannot be made', async () => {
    const cluster = await Cluster.create()
    const relay = cluster.run(['relay', 'start', '--json', '--home', '/proc/x'])
    expect(await relay.outcome('error')).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringContaining('Cannot make the home /proc/x: ')
    })
    expect(await relay.ended).toMatchObject({ code: 3 })
  })

  it('a directory that cannot be read', async () => {
    const cluster = await Cluster.create()
    const flags = ['--dir', cluster.path('nowhere'), '--listen', '/ip4/127.0.0.1/tcp/0']
    const source = cluster.run(['source', 'start', '--json', ...flags])
    expect(await source.outcome('error')).toMatchObject({ code: 'ERR_CATALOG_DIRECTORY' })
    expect(await source.ended).toMatchObject({ code: 3 })
  })

  it('a content that nobody has', async () => {
    const cluster = await small()
    const fetch = cluster.fetch('nothing', cluster.path('x'))
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_CONTENT_NOT_FOUND' })
    expect(await fetch.ended).toMatchObject({ code: 4 })
  })

  it('a content to which no route leads', async () => {
    const cluster = await small([])
    const fetch = cluster.fetch('a.bin', cluster.path('x'), ['--patience', '1s'])
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_NO_ROUTE' })
    expect(await fetch.ended).toMatchObject({ code: 5 })
  })

  it('a director that is not there', async () => {
    const cluster = await Cluster.create()
    const flags = ['--director', '/ip4/127.0.0.1/tcp/1', '--patience', '1s']
    const fetch = cluster.run(['client', 'fetch', 'x', '--json', ...flags])
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_DIRECTOR_UNREACHABLE' })
    expect(await fetch.ended).toMatchObject({ code: 5 })
  })

  it('a file that exists: it is left as it is, unless --force', async () => {
    const cluster = await small()
    const output = cluster.path('mine')
    await writeFile(output, 'mine')
    const fetch = cluster.fetch('a.bin', output)
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_FILE_EXISTS' })
    expect(await fetch.ended).toMatchObject({ code: 2 })
    expect(await readFile(output, 'utf8')).toBe('mine')
    await cluster.fetch('a.bin', output, ['--force']).outcome('done')
    expect((await stat(output)).size).toBe(20 * MB)
  })

  it('names that lead elsewhere or hold control characters are not offered', async () => {
    const cluster = await Cluster.create()
    await writeFile(join(cluster.contents, 'bad\nname'), 'x')
    await writeFile(join(cluster.contents, 'good'), 'x')
    const source = await cluster.startMember('source', 'source', ['--dir', cluster.contents])
    await source.event('catalog', ({ change, name }) => change === 'added' && name === 'good')
    const problem = await source.event('catalog', ({ change }) => change === 'problem')
    expect(problem).toMatchObject({ name: 'bad\nname', code: 'ERR_CONTENT_NAME' })
  })

  it('a peer of another protocol version', async () => {
    const cluster = await Cluster.create()
    const address = await stranger('/anabranch/route/99.0.0')
    const flags = ['--route', address, '--source', address]
    const fetch = cluster.fetch('a.bin', cluster.path('x'), flags)
    expect(await fetch.outcome('error')).toMatchObject({ code: 'ERR_PROTOCOL_VERSION' })
    expect(await fetch.ended).toMatchObject({ code: 5 })
    await expect(access(cluster.path('x'))).rejects.toThrow()
  })

  it('frames that make no sense end their stream, and nothing else suffers', async () => {
    const cluster = await small()
    const node = await createNode({ listen: [] })
    onTestFinished(async () => await node.stop())
    const { multiaddr } = await import('@multiformats/multiaddr')
    const protocols = [
      [cluster.director!.address, DIRECTOR_PROTOCOL],
      [cluster.source!.address, ROUTE_PROTOCOL],
      [cluster.relays[0]!.address, ROUTE_PROTOCOL]
    ] as const
    for (const [address, protocol] of protocols) {
      for (const garbage of [
        [255, 255, 255, 255, 1],
        [0, 0, 0, 2, 255, 255],
        [0, 0, 1]
      ]) {
        const stream = await node.dialProtocol(multiaddr(address), protocol)
        const closed = new Promise(resolve => stream.addEventListener('close', resolve))
        stream.addEventListener('message', () => {})
        stream.send(Uint8Array.from(garbage))
        await stream.close()
        await closed
      }
    }
    await cluster.fetch('a.bin', cluster.path('x')).outcome('done')
  })
})

/** A source with 20 MB and one relay, or those given. */
async function small(relays: string[][] = [[]]): Promise<Cluster> {
  return await Cluster.start(relays, contents => makeContent(join(contents, 'a.bin'), 20 * MB))
}

async function complaint(cluster: Cluster, args: string[], options?: ProgramOptions): Promise<string> {
  const program: Program = cluster.run(args, options)
  await program.ended
  return program.complaints.replace(/^anabranch: /, '')
}

/** A node on loopback that speaks one protocol, and not ours. */
async function stranger(protocol: string): Promise<string> {
  const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] })
  onTestFinished(async () => await node.stop())
  await node.handle(protocol, stream => stream.abort(new Error('not meant to be used')))
  return String(node.getMultiaddrs()[0])
}
