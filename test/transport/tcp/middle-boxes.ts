import { connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A program on loopback through which others connect; it ends with the test. */
export interface MiddleBox {
  port: number
  /** Where it was asked to connect to, as `host:port`, in order. */
  targets: string[]
}

/** How HTTP begins, and TLS. */
const WEB = [Buffer.from('GET '), Buffer.of(0x16, 3)]

/**
 * A firewall before a port that lets nothing through but what begins like HTTP or TLS: it breaks
 * other connections, or swallows what they say.
 */
export async function webOnly(targetPort: number, others: 'break' | 'swallow' = 'break'): Promise<MiddleBox> {
  const targets: string[] = []
  const port = await listen(client => {
    client.once('data', bytes => {
      if (!WEB.some(begin => bytes.indexOf(begin) === 0)) {
        if (others === 'break') client.resetAndDestroy()
        else client.resume()
        return
      }
      targets.push(`127.0.0.1:${targetPort}`)
      client.pause()
      client.unshift(bytes)
      join(client, targetPort)
    })
  })
  return { port, targets }
}

/** A proxy that speaks CONNECT of HTTP. All names lead to loopback. `refusal`: the line that it answers instead. */
export async function httpProxy({
  credentials,
  refusal
}: {
  credentials?: string
  refusal?: string
} = {}): Promise<MiddleBox> {
  const targets: string[] = []
  const port = await listen(client => {
    client.once('data', bytes => {
      const [first = '', ...fields] = bytes.toString('latin1').split('\r\n')
      const target = /^CONNECT (\S+:(\d+)) HTTP\/1\.1$/.exec(first)
      if (!target) return client.destroy()
      targets.push(target[1]!)
      const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
      const given = fields.find(field => /^proxy-authorization: /i.test(field))?.replace(/^[^ ]* /, '')
      if (refusal !== undefined) return client.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
      if (given !== wanted) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      client.pause()
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      join(client, Number(target[2]))
    })
  })
  return { port, targets }
}

/** A proxy that speaks SOCKS5, with user and password where `credentials` are given. All names lead to loopback. */
export async function socksProxy(credentials?: string): Promise<MiddleBox> {
  const targets: string[] = []
  const port = await listen(client => {
    const { take: said, stop } = readerOf(client)
    const serve = async () => {
      await said((await said(2))[1]!)
      client.write(Buffer.of(5, credentials === undefined ? 0 : 2))
      if (credentials !== undefined) {
        const user = await said((await said(2))[1]!)
        const password = await said((await said(1))[0]!)
        const isRight = `${user}:${password}` === credentials
        client.write(Buffer.of(1, isRight ? 0 : 1))
        if (!isRight) return client.end()
      }
      const [, , , kind] = await said(4)
      const host = kind === 3 ? await said((await said(1))[0]!) : await said(kind === 1 ? 4 : 16)
      const targetPort = (await said(2)).readUInt16BE()
      targets.push(`${kind === 3 ? host : host.join('.')}:${targetPort}`)
      stop()
      client.write(Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0))
      join(client, targetPort)
    }
    serve().catch(() => client.destroy())
  })
  return { port, targets }
}

/** Copies between two connections; what ends one ends the other. */
function join(client: Socket, port: number): void {
  const server = connect(port, '127.0.0.1')
  client.pipe(server).pipe(client)
  for (const [one, other] of [
    [client, server],
    [server, client]
  ] as const)
    one.on('error', () => {}).on('close', () => other.destroy())
}

/** Gives so many bytes each time, as soon as they are there; what is left over is read again after the last. */
function readerOf(client: Socket): { take(bytes: number): Promise<Buffer>; stop(): void } {
  let waiting = Buffer.alloc(0)
  let wake = () => {}
  const hear = (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes])
    wake()
  }
  client.on('data', hear)
  return {
    take: async bytes => {
      while (waiting.byteLength < bytes) await new Promise<void>(resolve => (wake = resolve))
      const taken = waiting.subarray(0, bytes)
      waiting = waiting.subarray(bytes)
      return taken
    },
    stop: () => {
      client.off('data', hear).pause()
      if (waiting.byteLength > 0) client.unshift(waiting)
    }
  }
}

async function listen(serve: (client: Socket) => unknown): Promise<number> {
  const clients = new Set<Socket>()
  const server: Server = createServer(client => {
    clients.add(client.on('error', () => {}).on('close', () => clients.delete(client)))
    serve(client)
  })
  onTestFinished(() => {
    server.close()
    for (const client of clients) client.destroy()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}
