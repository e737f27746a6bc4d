import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { httpProxy, socksProxy, webOnly } from '../transport/tcp/middle-boxes.ts'
import { writeSelfSigned } from '../transport/tcp/self-signed.ts'
import { makeContent } from './contents.ts'
import { Cluster, type Daemon } from './harness.ts'

const MB = 1_000_000

let cluster: Cluster
let sha256: string
beforeEach(async () => {
  cluster = await Cluster.create()
  sha256 = await makeContent(join(cluster.contents, 'a.bin'), 10 * MB)
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Flags of a node that others find at `announce` alone. */
function at(port: number, announce: string): string[] {
  return ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--announce', announce]
}

async function startMembers(flagsOf: () => Promise<string[]>): Promise<{ source: Daemon; relay: Daemon }> {
  const source = await cluster.startMember('source', 'source', [
    '--dir',
    cluster.contents,
    ...(await flagsOf())
  ])
  const relay = await cluster.startMember('relay', 'relay', await flagsOf())
  if (cluster.director) for (const member of [source, relay]) await member.event('registered')
  else await source.event('catalog', ({ change }) => change === 'added')
  return { source, relay }
}

describe('a fetch', () => {
  it('goes over WebSocket by itself where firewalls let nothing but HTTP and TLS through', async () => {
    const firewalls: { targets: string[] }[] = []
    const behindFirewall = async () => {
      const port = await freePort()
      const firewall = await webOnly(port)
      firewalls.push(firewall)
      return at(port, `/ip4/127.0.0.1/tcp/${firewall.port}`)
    }
    const [, listen, ...flags] = await behindFirewall()
    cluster.director = await cluster.startDirector(listen, flags)
    await startMembers(behindFirewall)
    const done = await cluster.fetch('a.bin', cluster.path('a.bin')).outcome('done')
    expect(done).toMatchObject({ bytes: 10 * MB, sha256 })
    for (const { targets } of firewalls) expect(targets.length).toBeGreaterThan(0)
  })

  it('goes over WebSocket in TLS, with certificates that nobody knows', async () => {
    const { certificate, key } = await writeSelfSigned(cluster.directory)
    const tls = ['--tls-cert', certificate, '--tls-key', key]
    cluster.director = await cluster.startDirector('/ip4/127.0.0.1/tcp/0/ws')
    const [plain, overHttp] = (await cluster.director.event('listening')).addresses
    expect(overHttp).toBe(plain.replace('/p2p/', '/ws/p2p/'))
    cluster.director.address = overHttp
    const { relay, source } = await startMembers(async () => {
      const port = await freePort()
      return [...at(port, `/ip4/127.0.0.1/tcp/${port}/tls/ws`), ...tls]
    })
    for (const { address } of [relay, source]) expect(address).toContain('/tls/ws/p2p/')
    const done = await cluster.fetch('a.bin', cluster.path('a.bin')).outcome('done')
    expect(done).toMatchObject({ bytes: 10 * MB, sha256 })
  })

  it.each(['http', 'socks5'])('goes through a proxy: %s', async scheme => {
    const { source, relay } = await startMembers(async () => [])
    const proxy = await (scheme === 'http'
      ? httpProxy({ credentials: 'user:secret' })
      : socksProxy('user:secret'))
    const url = `${scheme}://user:secret@127.0.0.1:${proxy.port}`
    const route = relay.address.replace('/ip4/127.0.0.1/', '/dns4/relay.example/')
    const flags = ['--route', route, '--source', source.address]
    for (const [name, given, environment] of [
      ['flag', ['--proxy', url], {}],
      ['own', [], { ANABRANCH_PROXY: url, ALL_PROXY: 'http://127.0.0.1:1' }],
      ['usual', [], { ALL_PROXY: url, NO_PROXY: 'example.org' }]
    ] as const) {
      const fetch = cluster.fetch('a.bin', cluster.path(name), [...flags, ...given], { environment })
      expect(await fetch.outcome('done')).toMatchObject({ bytes: 10 * MB, sha256 })
    }
    const [, port] = /\/tcp\/(\d+)\//.exec(relay.address)!
    expect([...new Set(proxy.targets)]).toEqual([`relay.example:${port}`])
  })

  it('says what a proxy answers that refuses, and no password', async () => {
    const { source, relay } = await startMembers(async () => [])
    const proxy = await httpProxy({ refusal: '403 Forbidden' })
    const route = relay.address.replace('/ip4/127.0.0.1/', '/dns4/relay.example/')
    const flags = ['-v', '-v', '--patience', '1s', '--route', route, '--source', source.address]
    const fetch = cluster.fetch('a.bin', cluster.path('a.bin'), flags, {
      environment: { HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` }
    })
    const [, port] = /\/tcp\/(\d+)\//.exec(relay.address)!
    const { message } = await fetch.outcome('error')
    expect(message).toContain(
      `the proxy http://127.0.0.1:${proxy.port} does not connect to relay.example:${port}: it answers 403 Forbidden`
    )
    expect(JSON.stringify(fetch.events)).not.toContain('secret')
    expect(await fetch.ended).toMatchObject({ code: ExitCode.network })
  })
})

describe('what makes no sense', () => {
  it.each([
    [['relay', 'start', '--listen', '/ip4/127.0.0.1/tcp/0/tls/ws'], 'give a certificate with --tls-cert'],
    [['relay', 'start', '--tls-cert', 'a.pem'], '--tls-cert and --tls-key belong together'],
    [['relay', 'start', '--proxy', 'ftp://user:secret@host'], '--proxy: this is no URL of a proxy'],
    [['relay', 'start', '--announce', '/ip4/5.9.1.2/tcp/443/http'], 'is no address over TCP']
  ])('%s is refused', async (args, text) => {
    const { code, message } = await cluster.run([...args, '--json']).outcome('error')
    expect(code).toBe('ERR_USAGE')
    expect(message).toContain(text)
    expect(message).not.toContain('secret')
  })

  it('so is a certificate that cannot be read', async () => {
    const flags = ['--tls-cert', cluster.path('none.pem'), '--tls-key', cluster.path('none.key')]
    const { code, message } = await cluster.run(['relay', 'start', '--json', ...flags]).outcome('error')
    expect(code).toBe('ERR_CONFIGURATION')
    expect(message).toMatch(/^Cannot use the certificate .*none\.pem with the key .*: ENOENT/)
  })
})
