import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { onTestFinished } from 'vitest'

/**
 * Takes connections and says nothing, as a host at the end of a broken way does; `events` is told `silent opened` and
 * `silent closed`. Ends with the test.
 */
export async function startSilent(events: string[], port = 0): Promise<Multiaddr> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    events.push('silent opened')
    socket.on('close', () => events.push('silent closed'))
    socket.on('error', () => {})
    socket.resume()
  }).listen(port, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return multiaddr(`/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`)
}
