import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Flow } from './flow.ts'

// The reference of bench:one-relay: a file over libp2p as it comes (TCP, noise, yamux) through one forwarder, without any
// verification; each of the three is a process.
// Usage: bare-pipe.ts server FILE | forwarder ADDRESS | client ADDRESS FILE. Daemons print their address.
const PROTOCOL = '/bare-pipe/1'
const READ_BYTES = 256 * 1024
const MIB = 1024 * 1024

const [role, first, second] = process.argv.slice(2)
const node = await createLibp2p({
  addresses: { listen: role === 'client' ? [] : ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  // With its own limits yamux resets a reader that pauses.
  streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 2 * MIB, maxReadBufferLength: 8 * MIB } })],
  connectionMonitor: { enabled: false }
})
if (role === 'server') await node.handle(PROTOCOL, stream => sendFile(stream, first!))
if (role === 'forwarder')
  await node.handle(PROTOCOL, async stream =>
    copy(await node.dialProtocol(multiaddr(first!), PROTOCOL), stream)
  )
if (role === 'client') await receive()
else console.log(node.getMultiaddrs()[0]!.toString())

async function receive(): Promise<void> {
  const startedAt = performance.now()
  const file = createWriteStream(second!)
  const stream = await node.dialProtocol(multiaddr(first!), PROTOCOL)
  stream.send(Uint8Array.of(1))
  const flow = new Flow(stream)
  stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
    let takes = true
    for (const chunk of data instanceof Uint8Array ? [data] : data) takes = file.write(chunk)
    if (!takes) flow.pause()
  })
  file.on('drain', () => flow.resume())
  await ended(stream)
  await new Promise<void>(resolve => file.end(resolve))
  console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000 }))
  await node.stop()
}

async function sendFile(stream: Stream, path: string): Promise<void> {
  await using file = await open(path)
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(READ_BYTES))
    if (bytesRead === 0) break
    if (!stream.send(buffer.subarray(0, bytesRead)))
      await new Promise(resolve => stream.addEventListener('drain', resolve, { once: true }))
  }
  await stream.close()
}

/** Passes everything on, and reads no faster than the other side takes it. */
function copy(from: Stream, to: Stream): void {
  from.send(Uint8Array.of(1))
  const flow = new Flow(from)
  from.addEventListener('message', ({ data }: StreamMessageEvent) => {
    if (!to.send(data)) flow.pause()
  })
  to.addEventListener('drain', () => flow.resume())
  void ended(from).then(async () => {
    await to.close()
    await from.close()
  })
}

/** Resolves after the last byte. A v3 stream tells it by `end` alone. */
async function ended(stream: Stream): Promise<void> {
  if (!stream.readableEnded)
    await new Promise(resolve => stream.addEventListener('end', resolve, { once: true }))
}
