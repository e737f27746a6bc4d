import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as startTls } from 'node:tls'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { createNode, type Libp2pNode, type NodeOptions } from '../../../src/transport/node.ts'
import { parseProxyServer } from '../../../src/transport/proxy-server.ts'
import { OutboundProxy } from '../../../src/transport/tcp/outbound-proxy.ts'
import { Reception, type SocketListener } from '../../../src/transport/tcp/reception.ts'
import { ServerCertificate } from '../../../src/transport/tcp/server-certificate.ts'
import type { WebSocketStream } from '../../../src/transport/tcp/web-socket-stream.ts'
import { httpProxy, socksProxy, webOnly } from './middle-boxes.ts'
import { writeSelfSigned } from './self-signed.ts'

const PROTOCOL = '/anabranch/test/1'

async function start(options: Partial<NodeOptions> = {}): Promise<Libp2pNode> {
  const node = await createNode({ listen: [], ...options })
  onTestFinished(async () => await node.stop())
  return node
}

/** A node that sends back what comes on a stream. */
async function startEcho(options: Partial<NodeOptions> = {}): Promise<{ node: Libp2pNode; port: number }> {
  const node = await start({ listen: ['/ip4/127.0.0.1/tcp/0'], ...options })
  await node.handle(PROTOCOL, stream => {
    stream.addEventListener('message', ({ data }) => {
      if (!stream.send(data)) {
        stream.pause()
        stream.onDrain().then(
          () => stream.resume(),
          () => {}
        )
      }
    })
    stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => {}))
  })
  return { node, port: Number(node.getMultiaddrs()[0]!.getComponents()[1]!.value) }
}

/** Sends bytes over a connection of its own and returns what comes back, and over which address. */
async function echo(client: Libp2pNode, address: string, bytes: Uint8Array) {
  const connection = await client.dial(multiaddr(address), { force: true })
  const stream = await connection.newStream(PROTOCOL)
  const received: Uint8Array[] = []
  let count = 0
  const whole = Promise.withResolvers<void>()
  stream.addEventListener('message', ({ data }) => {
    received.push(data.subarray())
    count += data.byteLength
    if (count >= bytes.byteLength) whole.resolve()
  })
  stream.addEventListener('close', ({ error }) => whole.reject(error ?? new Error('closed')))
  for (let at = 0; at < bytes.byteLength; at += 100_000) {
    if (!stream.send(bytes.subarray(at, at + 100_000))) await stream.onDrain()
  }
  await whole.promise
  await connection.close()
  // The answer to an early proposal comes first; it is no more than a few bytes.
  return { tail: Buffer.concat(received).subarray(-bytes.byteLength), over: connection.remoteAddr.toString() }
}

async function startSecure() {
  const directory = await mkdtemp(join(tmpdir(), 'anabranch-certificate-'))
  onTestFinished(async () => await rm(directory, { recursive: true }))
  const problems: string[] = []
  const files = await writeSelfSigned(directory)
  const certificate = await ServerCertificate.open(files, ({ message }) => problems.push(message))
  return { directory, files, problems, ...(await startEcho({ certificate })) }
}

async function serialAt(port: number): Promise<string> {
  const socket = startTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

describe('a node', () => {
  it('takes WebSockets at the port where it takes TCP', async () => {
    const { node, port } = await startEcho()
    const bytes = randomBytes(3_000_000)
    const client = await start()
    for (const carriage of ['', '/ws']) {
      const address = `/ip4/127.0.0.1/tcp/${port}${carriage}/p2p/${node.peerId}`
      const { tail, over } = await echo(client, address, bytes)
      expect(tail.equals(bytes)).toBe(true)
      expect(over).toBe(address)
    }
    expect(node.getMultiaddrs().map(String)).toEqual([`/ip4/127.0.0.1/tcp/${port}/p2p/${node.peerId}`])
  })

  it('tells the address of its WebSockets where it is told to listen on it', async () => {
    const { node, port } = await startEcho({ listen: ['/ip4/127.0.0.1/tcp/0/ws'] })
    const place = `/ip4/127.0.0.1/tcp/${port}`
    expect(node.getMultiaddrs().map(String)).toEqual([
      `${place}/p2p/${node.peerId}`,
      `${place}/ws/p2p/${node.peerId}`
    ])
  })

  it('takes WebSockets in TLS where it has a certificate, whoever has signed that', async () => {
    const { node, port } = await startSecure()
    const bytes = randomBytes(1_000_000)
    const client = await start()
    for (const place of [`/ip4/127.0.0.1/tcp/${port}`, `/dns4/localhost/tcp/${port}`]) {
      const { tail } = await echo(client, `${place}/tls/ws/p2p/${node.peerId}`, bytes)
      expect(tail.equals(bytes)).toBe(true)
    }
  })

  it('shows the certificate that is in its files by now, and keeps the last one that could be read', async () => {
    const { directory, files, problems, port } = await startSecure()
    expect(await serialAt(port)).toBe('01')
    await writeSelfSigned(directory, 2)
    expect(await serialAt(port)).toBe('02')
    await writeFile(files.key, 'no key')
    expect(await serialAt(port)).toBe('02')
    expect(await serialAt(port)).toBe('02')
    expect(problems).toEqual([expect.stringMatching(/^Cannot use the certificate .*certificate\.pem with/)])
    await writeSelfSigned(directory, 3)
    expect(await serialAt(port)).toBe('03')
  })

  it('closes connections in TLS where it has no certificate', async () => {
    const { port } = await startEcho()
    const socket = startTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
  })

  it('tells other requests of HTTP that there is nothing but WebSocket', async () => {
    const { port } = await startEcho()
    const asked = request({ port, host: '127.0.0.1', path: '/' }).end()
    const [response] = await once(asked, 'response')
    expect(response.statusCode).toBe(426)
  })

  it.each([
    ['5.9.1.2', '5.9.1.2'],
    ['10.0.0.1, 2001:db8::1', '2001:db8::1'],
    ['nobody', '127.0.0.1']
  ])('believes a reverse proxy on its host that a visitor has come from %s', async (told, believed) => {
    const came = Promise.withResolvers<WebSocketStream | Socket>()
    const server = createServer(came.resolve)
    new Reception().standBefore({ server, close: async () => {} } as unknown as SocketListener)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { 'x-forwarded-for': told } })
    const stream = await came.promise
    expect(stream.remoteAddress).toBe(believed)
    stream.destroy()
    server.close()
    await once(webSocket, 'close')
  })

  it('ends a WebSocket that brings text, or a message that is too large', async () => {
    const { port } = await startEcho()
    for (const message of ['text', Buffer.alloc(200_000)]) {
      const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`)
      await once(webSocket, 'open')
      webSocket.send(message)
      webSocket.on('error', () => {})
      await once(webSocket, 'close')
    }
  })

  it('stops while connections that say half a request are open', async () => {
    const { node, port } = await startEcho()
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n')
    await once(socket, 'connect')
    const { tail } = await echo(await start(), `/ip4/127.0.0.1/tcp/${port}/ws`, randomBytes(10))
    expect(tail).toHaveLength(10)
    const closed = once(socket, 'close')
    await node.stop()
    await closed
  })
})

describe('a dial of plain TCP', () => {
  it.each(['break', 'swallow'] as const)(
    'goes over WebSocket where a firewall lets nothing else through: it may %s it',
    async others => {
      const { node, port } = await startEcho()
      const firewall = await webOnly(port, others)
      const address = `/ip4/127.0.0.1/tcp/${firewall.port}`
      const bytes = randomBytes(100_000)
      const { tail, over } = await echo(await start(), `${address}/p2p/${node.peerId}`, bytes)
      expect(tail.equals(bytes)).toBe(true)
      expect(over).toBe(`${address}/ws/p2p/${node.peerId}`)
      expect(firewall.targets).toHaveLength(1)
    }
  )

  it('tells why plain TCP has failed, where nothing else helps either', async () => {
    const { port } = await startEcho()
    const client = await start()
    const { peerId } = await start()
    const dial = async (at: number) => await client.dial(multiaddr(`/ip4/127.0.0.1/tcp/${at}/p2p/${peerId}`))
    await expect(dial(1)).rejects.toThrow('/ip4/127.0.0.1/tcp/1 (connection refused)')
    await expect(dial(port)).rejects.toThrow('another peer answers there')
  })
})

describe('a node with a proxy', () => {
  // Connections over loopback are for no proxy, so places of the test are given other names.
  const through = (url: string, direct?: string) =>
    start({ proxy: new OutboundProxy(parseProxyServer(url), direct) })

  it.each(['', '/ws', '/tls/ws'])('dials by CONNECT of HTTP: addresses ending in "%s"', async carriage => {
    const { node, port } = await startSecure()
    const proxy = await httpProxy({ credentials: 'user:p@ss' })
    const client = await through(`http://user:p%40ss@127.0.0.1:${proxy.port}`)
    const address = `/dns4/relay.example/tcp/${port}${carriage}/p2p/${node.peerId}`
    const bytes = randomBytes(300_000)
    expect((await echo(client, address, bytes)).tail.equals(bytes)).toBe(true)
    expect(proxy.targets).toEqual([`relay.example:${port}`])
  })

  it.each([undefined, 'user:secret'])('dials by SOCKS5 with credentials %s', async credentials => {
    const { node, port } = await startEcho()
    const proxy = await socksProxy(credentials)
    const client = await through(`socks5://${credentials ? `${credentials}@` : ''}127.0.0.1:${proxy.port}`)
    for (const [host, told] of [
      ['/dns4/relay.example', 'relay.example'],
      ['/ip4/5.9.1.2', '5.9.1.2']
    ]) {
      const bytes = randomBytes(300_000)
      const { tail } = await echo(client, `${host}/tcp/${port}/p2p/${node.peerId}`, bytes)
      expect(tail.equals(bytes)).toBe(true)
      expect(proxy.targets.at(-1)).toBe(`${told}:${port}`)
    }
  })

  it('has no lanes, which would go around it', async () => {
    const proxy = await httpProxy()
    const client = await through(`http://127.0.0.1:${proxy.port}`)
    const handlers = { onFrame: () => {}, onEnd: () => {}, onLost: () => {} }
    const lane = client.lanes!.connect(multiaddr('/ip4/5.9.1.2/tcp/1'), new Uint8Array(32), handlers)
    expect(await lane).toBeUndefined()
  })

  it('tells what the proxy says, and no password', async () => {
    const refusing = await httpProxy({ refusal: '403 Forbidden' })
    const asking = await httpProxy({ credentials: 'user:right' })
    const socks = await socksProxy('user:right')
    const dial = async (url: string) =>
      await (await through(url)).dial(multiaddr('/ip4/5.9.1.2/tcp/443')).catch(error => error.message)
    const begin = (scheme: string, port: number) =>
      `/ip4/5.9.1.2/tcp/443 (the proxy ${scheme}://127.0.0.1:${port} does not connect to 5.9.1.2:443: `
    expect(await dial(`http://127.0.0.1:${refusing.port}`)).toBe(
      `${begin('http', refusing.port)}it answers 403 Forbidden)`
    )
    expect(await dial(`http://user:wrong@127.0.0.1:${asking.port}`)).toBe(
      `${begin('http', asking.port)}it answers 407 Proxy Authentication Required)`
    )
    expect(await dial(`socks5://user:wrong@127.0.0.1:${socks.port}`)).toBe(
      `${begin('socks5', socks.port)}Socks5 Authentication failed)`
    )
    expect(await dial('http://user:wrong@127.0.0.1:1')).toBe(
      `${begin('http', 1)}connect ECONNREFUSED 127.0.0.1:1)`
    )
  })
})
