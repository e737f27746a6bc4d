import type { Stream } from '@libp2p/interface'
import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { ATTACH_FRAME, ATTACH_PROTOCOL, decodeAttachment } from '../../src/protocol/attach-codec.ts'
import { ATTACHMENT_LIMITS, type RelayLimits } from '../../src/relay/limits.ts'
import { Relay } from '../../src/relay/relay.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { Inbox } from '../director/cluster.ts'

const nodes: OverlayNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function startNode(listen: string[] = []): Promise<OverlayNode> {
  const node = await createNode({ listen })
  nodes.push(node)
  return node
}

async function startRelay(limits: Partial<RelayLimits> = {}) {
  const node = await startNode(['/ip4/127.0.0.1/tcp/0'])
  const attached = new Inbox<readonly string[]>()
  const relay = new Relay({ node, limits, onAttached: peerIds => attached.push(peerIds) })
  await relay.start()
  return { node, relay, attached }
}

/** Asks the relay to attach the node. */
async function attach(from: OverlayNode, to: OverlayNode, frame = ATTACH_FRAME) {
  const raw: Stream = await from.dialProtocol(to.getMultiaddrs(), ATTACH_PROTOCOL)
  const statuses = new Inbox<number>()
  const closed = Promise.withResolvers<Error | undefined>()
  const stream = new FramedStream(raw, {
    maxFrameBytes: 1024,
    handlers: {
      onFrame: said => statuses.push(decodeAttachment(said).status),
      onEnd: () => void stream.close(),
      onClose: error => closed.resolve(error)
    }
  })
  stream.send(frame)
  return { stream, statuses, closed: closed.promise }
}

describe('a relay to which nodes attach themselves', () => {
  it('tells who is attached, and who no longer', async () => {
    const { node: at, attached } = await startRelay()
    const node = await startNode()
    const { stream, statuses } = await attach(node, at)
    expect(await statuses.next()).toBe(WireStatus.ok)
    expect(await attached.next()).toEqual([node.peerId.toString()])
    await stream.close()
    expect(await attached.next()).toEqual([])
  })

  it('keeps one stream of a node, the last one', async () => {
    const { node: at, attached } = await startRelay()
    const node = await startNode()
    const first = await attach(node, at)
    expect(await first.statuses.next()).toBe(WireStatus.ok)
    const second = await attach(node, at)
    expect(await second.statuses.next()).toBe(WireStatus.ok)
    expect(await first.closed).toBeDefined()
    expect([await attached.next(), await attached.next()]).toEqual([
      [node.peerId.toString()],
      [node.peerId.toString()]
    ])
    expect(second.stream.closed).toBe(false)
  })

  it('serves those only whom it serves at all', async () => {
    const { node: at } = await startRelay({ allowedPeers: [] })
    const { statuses, closed } = await attach(await startNode(), at)
    expect(await statuses.next()).toBe(WireStatus.notServed)
    expect(await closed).toBeUndefined()
  })

  it('says that it is about to stop, and takes nobody then', async () => {
    const { node: at, relay } = await startRelay()
    const { statuses, closed } = await attach(await startNode(), at)
    expect(await statuses.next()).toBe(WireStatus.ok)
    const stopped = relay.stop()
    expect(await statuses.next()).toBe(WireStatus.draining)
    await stopped
    await closed
  })

  it('ends a stream that says anything else', async () => {
    const { node: at } = await startRelay()
    const { closed } = await attach(await startNode(), at, new Uint8Array(3))
    expect(await closed).toBeDefined()
  })

  it('ends all streams of a node but one, and takes it anew', async () => {
    const { node: at } = await startRelay()
    const node = await startNode()
    const over = new Inbox<unknown>()
    for (let opened = 0; opened < 2 * ATTACHMENT_LIMITS.maxStreamsPerConnection; opened++) {
      void attach(node, at).then(async ({ closed }) => over.push(await closed))
    }
    for (let left = 2 * ATTACHMENT_LIMITS.maxStreamsPerConnection; left > 1; left--) await over.next()
    const again = await attach(node, at)
    expect(await again.statuses.next()).toBe(WireStatus.ok)
  })
})
