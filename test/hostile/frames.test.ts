import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { Director } from '../../src/director/director.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { Source } from '../../src/source/source.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { Network } from '../relay/harness.ts'
import { segment } from '../relay/segments.ts'
import { YAMUX_ATTACKS } from './attacks.ts'
import { type RawConnection, RawPeer } from './raw-peer.ts'
import { data, open, repeated, streamIds } from './yamux-bytes.ts'

const network = new Network()
const peers: RawPeer[] = []
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.stop()
  await network.stop()
})

async function attackerOf(node: OverlayNode): Promise<RawConnection> {
  const peer = await RawPeer.start()
  peers.push(peer)
  return await peer.connect(node.getMultiaddrs()[0])
}

describe('a relay whose peer', () => {
  it.each(Object.entries(YAMUX_ATTACKS))('%s ends that connection and no other', async (_, attack) => {
    const { node, far, client } = await network.openRoute()
    const attacker = await attackerOf(node)
    const isOver = Promise.all([attack(attacker), attacker.ended])
    for (let seq = 1; attacker.isOpen; seq++) {
      far.send(segment(seq))
      await client.until(() => client.segmentCount === seq)
    }
    await isOver
    far.send(segment(0))
    await client.until(() => client.received.some(message => message.kind === 'segment' && message.seq === 0))
    await expect(client.framed.closed).toBe(false)
  })

  it('sends more tiny frames than anybody reads goes on with the others, and reads it slower', async () => {
    const { node, far, client } = await network.openRoute()
    const attacker = await attackerOf(node)
    let sent = 0
    const pouring = (async () => {
      for (; attacker.isOpen; sent++) await attacker.send(repeated(data(1, Uint8Array.of(0)), 1_000))
    })()
    for (let seq = 1; seq <= 50 || sent < 50; seq++) {
      far.send(segment(seq))
      await client.until(() => client.segmentCount === seq)
    }
    expect(attacker.isOpen).toBe(true)
    await peers[0]!.stop()
    await pouring
  })

  it('asks for one protocol after the other on a stream ends that stream', async () => {
    const { node, far, client } = await network.openRoute()
    const attacker = await attackerOf(node)
    const nothing = Uint8Array.of(1, 0x0a)
    await attacker.send(open(1), data(1, repeated(nothing, 50_000)))
    far.send(segment(1))
    await client.until(() => client.segmentCount === 1)
    // What it is answered is far less than one answer each: a frame of 16 bytes.
    expect(attacker.receivedBytes).toBeLessThan(1_000)
    expect(attacker.isOpen).toBe(true)
  })
})

describe.each(['director', 'source'])('a %s whose peer', role => {
  async function start(): Promise<OverlayNode> {
    const node = await network.node()
    if (role === 'director') await new Director({ node }).start()
    else {
      await new Source({
        node,
        contents: { find: () => undefined, findByRoot: () => undefined }
      }).start()
    }
    return node
  }

  it('opens and resets streams ends that connection and no other', async () => {
    const node = await start()
    const user = await network.node(false)
    await user.dial(multiaddr(String(node.getMultiaddrs()[0])))
    const attacker = await attackerOf(node)
    const isOver = Promise.all([YAMUX_ATTACKS['opens and resets streams']!(attacker), attacker.ended])
    while (attacker.isOpen) await user.services.ping.ping(node.peerId)
    await isOver
    await user.services.ping.ping(node.peerId)
  })
})

describe('a source whose peer begins frames on many streams', () => {
  it('keeps no more of them than it has places for', async () => {
    const node = await network.node()
    const maxPendingStreams = 8
    await new Source({
      node,
      contents: { find: () => undefined, findByRoot: () => undefined },
      limits: { maxPendingStreams }
    }).start()
    const attacker = await network.node(false)
    const connection = await attacker.dial(node.getMultiaddrs()[0]!)
    const streams = await Promise.all(
      streamIds(20).map(async () => {
        const stream = await connection.newStream(ROUTE_PROTOCOL)
        stream.send(Uint8Array.of(0, 15, 0, 0, 1))
        return stream
      })
    )
    await attacker.services.ping.ping(node.peerId)
    expect(streams.filter(({ status }) => status === 'open')).toHaveLength(maxPendingStreams / 2)
    const other = await network.node(false)
    const stream = await other.dialProtocol(node.getMultiaddrs()[0]!, ROUTE_PROTOCOL)
    await other.services.ping.ping(node.peerId)
    expect(stream.status).toBe('open')
  })
})
