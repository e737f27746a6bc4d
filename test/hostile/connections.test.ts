import type { Multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it } from 'vitest'
import { Relay } from '../../src/relay/relay.ts'
import { ipOf } from '../../src/transport/ip-ranges.ts'
import { INBOUND_LIMITS, NODE_LIMITS } from '../../src/transport/limits.ts'
import { type Libp2pNode, makeNode } from '../../src/transport/make-node.ts'
import { nodeJs } from '../../src/transport/node.ts'
import { ask, dial, eventually } from '../relay/harness.ts'
import { Sockets, YAMUX_ATTACKS } from './attacks.ts'
import { RawPeer } from './raw-peer.ts'

/** Another host, as far as the nodes of these tests can tell. */
const HOSTILE = '127.0.0.2'

const LIMITS = {
  ...INBOUND_LIMITS,
  maxHandshakes: 16,
  connectionsPerHost: 8,
  maxConnections: 14,
  placesForKnown: 2
}

const stops: Array<() => unknown> = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** A node for which every address of loopback is a host of its own. */
async function startNode(listen: string[]): Promise<Libp2pNode> {
  const node = await makeNode({ listen }, { ...nodeJs(), visitors: { hostOf: ipOf, limits: LIMITS } })
  stops.push(() => node.stop())
  return node
}

async function startRelay(): Promise<{ node: Libp2pNode; address: Multiaddr }> {
  const node = await startNode(['/ip4/127.0.0.1/tcp/0'])
  await new Relay({ node }).start()
  return { node, address: node.getMultiaddrs()[0]! }
}

function sockets(): Sockets {
  const made = new Sockets()
  stops.push(() => made.stop())
  return made
}

async function rawPeers(count: number, host = HOSTILE): Promise<RawPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => RawPeer.start(host)))
  stops.push(async () => void (await Promise.all(peers.map(peer => peer.stop()))))
  return peers
}

/** Asks the relay for a route to nowhere, as a newcomer, and gets an answer. */
async function expectServed(node: Libp2pNode): Promise<void> {
  const user = await startNode([])
  const answered = await ask(user, node, [])
  await answered.first('status')
}

describe('a relay', () => {
  it('takes others while one host has more connections that say nothing than there are places', async () => {
    const { node, address } = await startRelay()
    const silent = sockets()
    await silent.connectMany(LIMITS.maxHandshakes + 50, address, HOSTILE)
    await eventually(() => silent.left <= LIMITS.maxHandshakes / 2)
    await expectServed(node)
  })

  it('ends a handshake that takes too long, whatever comes meanwhile', async () => {
    const { address } = await startRelay()
    const slow = sockets()
    await slow.connect(address)
    const cutOff = await slow.connect(address)
    cutOff.write('\x13/multistream/1.0.0\n\x07/noise\n\x00\x20half a handshake')
    const dripping = await slow.connect(address)
    const hello = Buffer.from('\x13/multistream/1.0.0\n')
    let at = 0
    const drip = setInterval(
      () => dripping.write(hello.subarray(at, ++at)),
      NODE_LIMITS.handshakeTimeoutMs / 20
    )
    stops.push(() => clearInterval(drip))
    await eventually(() => slow.left === 0)
  })

  it('ends a handshake whose first bytes are too long for one', async () => {
    const { address } = await startRelay()
    const wrong = sockets()
    const socket = await wrong.connect(address)
    socket.write(Uint8Array.of(0xff, 0xff, 0x03, ...new Uint8Array(2_000)))
    await eventually(() => wrong.left === 0)
  })

  it('gives one host no more than its share of connections, and goes on with the others', async () => {
    const { node, address } = await startRelay()
    const [peer] = await rawPeers(1)
    const taken = []
    for (let at = 0; at < LIMITS.connectionsPerHost; at++) taken.push(await peer!.connect(address))
    await expect(peer!.connect(address)).rejects.toThrow()
    await expectServed(node)
    expect(taken.every(({ isOpen }) => isOpen)).toBe(true)
  })

  it('ends the connection that is idle for the longest time where others need places', async () => {
    const { node, address } = await startRelay()
    const served = await startNode([])
    const route = await ask(served, node, [])
    await route.first('status')
    await route.framed.close()
    await route.closed
    const friend = served.getConnections()[0]!
    const idle = []
    const [one] = await rawPeers(1)
    const [other] = await rawPeers(1, '127.0.0.3')
    for (let at = 0; at < LIMITS.maxConnections - LIMITS.placesForKnown; at++) {
      idle.push(await (at < LIMITS.connectionsPerHost ? one! : other!).connect(address))
    }
    await idle[0]!.ended
    await expectServed(node)
    await idle[1]!.ended
    expect(friend.status).toBe('open')
  })

  it('takes nothing more for a while from the host of a peer that floods it', async () => {
    const { node, address } = await startRelay()
    const [peer] = await rawPeers(1)
    const flooding = await peer!.connect(address)
    await YAMUX_ATTACKS['asks for pings']!(flooding)
    await flooding.ended
    await expect(peer!.connect(address)).rejects.toThrow()
    await expectServed(node)
  })

  it('lets a stream that says nothing wait while others are served', async () => {
    const { node } = await startRelay()
    await dial(await startNode([]), node)
    await expectServed(node)
  })
})
