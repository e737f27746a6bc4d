import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { Director } from '../../src/director/director.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { UnknownContentError } from '../../src/source/content-errors.ts'
import type { ContentStore } from '../../src/source/content-store.ts'
import { Source } from '../../src/source/source.ts'
import { PING_LIMITS } from '../../src/transport/limits.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { eventually, Network } from '../relay/harness.ts'
import { segment } from '../relay/segments.ts'
import { STREAM_ATTACKS, YAMUX_ATTACKS } from './attacks.ts'
import { type RawConnection, RawPeer } from './raw-peer.ts'
import { streamIds } from './yamux-bytes.ts'

const network = new Network()
const peers: RawPeer[] = []
const NO_CONTENTS: ContentStore = {
  find: () => undefined,
  findByRoot: () => undefined,
  whyMissing: name => new UnknownContentError(name),
  open: () => Promise.reject(new Error('there is nothing to open'))
}

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

  it('sends more tiny frames than anybody reads goes on with the others', async () => {
    const { node, far, client } = await network.openRoute()
    const attacker = await attackerOf(node)
    const pouring = STREAM_ATTACKS['sends more tiny frames than anybody reads']!(attacker)
    for (let seq = 1; seq <= 50; seq++) {
      far.send(segment(seq))
      await client.until(() => client.segmentCount === seq)
    }
    expect(attacker.isOpen).toBe(true)
    await peers[0]!.stop()
    await pouring
  })

  it('asks for one protocol after the other on a stream ends that stream', async () => {
    const { node } = await network.openRoute()
    const attacker = await attackerOf(node)
    await STREAM_ATTACKS['asks for one protocol after the other']!(attacker)
    await eventually(() => attacker.resets === 4)
    // One answer is a frame of 16 bytes.
    expect(attacker.receivedBytes).toBeLessThan(2_000)
  })

  it('pings and takes no answer ends that stream', async () => {
    const { node } = await network.openRoute()
    const attacker = await attackerOf(node)
    const pouring = STREAM_ATTACKS['pings and takes no answer']!(attacker)
    await eventually(() => attacker.resets > 0)
    expect(attacker.receivedBytes).toBeLessThan(2 * PING_LIMITS.maxBytes)
    await peers[0]!.stop()
    await pouring
  })
})

describe.each(['director', 'source'])('a %s whose peer', role => {
  async function start(): Promise<OverlayNode> {
    const node = await network.node()
    if (role === 'director') await new Director({ node }).start()
    else {
      await new Source({
        node,
        contents: NO_CONTENTS
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
  it('hears no more of them than it has places for, and ends the others', async () => {
    const node = await network.node()
    const maxPendingStreams = 8
    await new Source({
      node,
      contents: NO_CONTENTS,
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
    const heard = streams.filter(({ remoteWriteStatus }) => remoteWriteStatus === 'writable')
    expect(heard).toHaveLength(maxPendingStreams / 2)
    const other = await network.node(false)
    const stream = await other.dialProtocol(node.getMultiaddrs()[0]!, ROUTE_PROTOCOL)
    await other.services.ping.ping(node.peerId)
    expect(stream.remoteWriteStatus).toBe('writable')
  })
})
