import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { type Receipt, signReceipt, verifyReceipt } from '../../src/protocol/receipt.ts'
import { UsageTally } from '../../src/relay/usage-tally.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { open } from '../protocol/messages.ts'
import { ask, dial, eventually, hopOf, Network, type Peer } from './harness.ts'
import { segment, segments } from './segments.ts'

const SESSION = new Uint8Array(16).fill(7)
const network = new Network()
afterEach(() => network.stop())

const signer = await generateKeyPair('Ed25519')

/** A relay, and the receipts that it has taken. */
async function accountingRelay(maxUnsignedBytes?: number) {
  const taken: Receipt[] = []
  const kept: Uint8Array[] = []
  const ledger = new UsageTally()
  const { relay, node } = await network.relay({
    limits: { maxUnsignedBytes },
    utcMs: () => 0,
    ledger: { add: (...given) => ledger.add(...given), usedSince: () => 0 },
    onReceipt: (receipt, signed) => {
      taken.push(receipt)
      kept.push(signed)
    }
  })
  return { relay, node, taken, kept, ledger }
}

async function acknowledge(client: Peer, relay: OverlayNode, bytes: number, changes = {}): Promise<void> {
  const receipt = { relay: relay.peerId.toString(), sessionId: SESSION, route: 0, opening: 0, bytes, atMs: 5 }
  client.send({ kind: 'receipt', bytes: await signReceipt({ ...receipt, ...changes }, signer) })
}

/** A route through one relay over which two segments of 1,000 bytes have come. */
async function usedRoute() {
  const source = await network.source()
  const accounting = await accountingRelay()
  const asker = await network.node(false)
  const client = await dial(asker, accounting.node, { endWithPeer: false })
  client.send({ kind: 'open', ...open([hopOf(source.node)]) })
  const far = await source.opened()
  await client.first('opened')
  await far.sendAll(segments(2, 1_000))
  await client.until(() => client.segmentCount === 2)
  return { ...accounting, asker, client, far }
}

describe('a receipt', () => {
  it('is taken by the relay that it is for, and goes no further', async () => {
    const { relay, node, client, far, taken, kept } = await usedRoute()
    await acknowledge(client, node, 2_000)
    await eventually(() => taken.length === 1)
    expect(taken[0]).toMatchObject({ relay: node.peerId.toString(), sessionId: SESSION, bytes: 2_000 })
    expect(await verifyReceipt(kept[0]!)).toEqual(taken[0])
    expect(relay.sessions[0]?.signedBytes).toBe(2_000)
    client.send({ kind: 'test', nonce: 1, replyBytes: 8 })
    await far.first('test')
    expect(far.received.map(({ kind }) => kind)).toEqual(['open', 'test'])
  })

  it('is passed on to the relay that it is for', async () => {
    const source = await network.source()
    const [near, middle] = [await accountingRelay(), await accountingRelay()]
    const hops = [hopOf(middle.node), hopOf(source.node)]
    const client = await ask(await network.node(false), near.node, hops)
    const far = await source.opened()
    far.send(segment(0, 1_000))
    await client.until(() => client.segmentCount === 1)
    await acknowledge(client, middle.node, 900)
    await acknowledge(client, near.node, 1_000)
    await eventually(() => near.taken.length + middle.taken.length === 2)
    expect(middle.taken).toMatchObject([{ bytes: 900 }])
    expect(near.taken).toMatchObject([{ bytes: 1_000 }])
  })

  it('is taken from a client that has been told the end', async () => {
    const { client, node, far, taken } = await usedRoute()
    far.send({ kind: 'status', status: WireStatus.contentChanged, message: 'new', peerId: '' })
    await far.framed.close()
    await client.until(() => client.ended)
    await acknowledge(client, node, 2_000)
    await client.framed.close()
    await eventually(() => taken.length === 1)
  })

  it.each([
    ['for more than was sent', 2_001, {}],
    ['of another session', 2_000, { sessionId: new Uint8Array(16) }],
    [
      'for a relay that is not on the route',
      2_000,
      { relay: '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN' }
    ]
  ])('%s ends the route', async (_, bytes, changes) => {
    const { client, node, taken } = await usedRoute()
    await acknowledge(client, node, bytes, changes)
    expect((await client.first('status')).status).toBe(WireStatus.invalidRequest)
    expect(taken).toEqual([])
  })

  it('for less than the one before ends the route, and the one before stays', async () => {
    const { client, node, taken } = await usedRoute()
    await acknowledge(client, node, 1_500)
    await acknowledge(client, node, 1_000)
    expect((await client.first('status')).message).toContain('no more than the one before')
    await eventually(() => taken.length === 1)
  })

  it('that is forged ends the route', async () => {
    const { client, node, taken } = await usedRoute()
    const receipt = {
      relay: node.peerId.toString(),
      sessionId: SESSION,
      route: 0,
      opening: 0,
      bytes: 1,
      atMs: 5
    }
    const bytes = await signReceipt(receipt, signer)
    bytes[1]! ^= 1
    client.send({ kind: 'receipt', bytes })
    expect(await client.first('status')).toMatchObject({
      status: WireStatus.invalidRequest,
      message: expect.stringContaining('its signature is wrong')
    })
    expect(taken).toEqual([])
  })
})

describe('a relay that requires receipts', () => {
  it('ends the route of a client that sends none', async () => {
    const source = await network.source()
    const { node } = await accountingRelay(10_000)
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    const far = await source.opened()
    await far.sendAll(segments(12, 1_000))
    expect(await client.first('status')).toMatchObject({
      status: WireStatus.receiptsDue,
      peerId: node.peerId.toString(),
      message: 'The relay requires receipts, and the client has signed for 0 B of 11.0 kB'
    })
    expect(await client.closed).toBeUndefined()
    expect(client.segmentCount).toBeLessThanOrEqual(11)
    await eventually(() => network.ended().length === 1)
    expect(network.ended()).toMatchObject([{ reason: { code: 'ERR_RECEIPTS_DUE' } }])
  })

  it('serves a client that signs as it goes', async () => {
    const source = await network.source()
    const { node, taken } = await accountingRelay(10_000)
    const client = await ask(await network.node(false), node, [hopOf(source.node)])
    const far = await source.opened()
    for (let seq = 0; seq < 20; seq++) far.send(segment(seq, 450))
    await client.until(() => client.segmentCount === 20)
    await acknowledge(client, node, 9_000)
    await eventually(() => taken.length === 1)
    for (let seq = 20; seq < 40; seq++) far.send(segment(seq, 450))
    await client.until(() => client.segmentCount === 40)
    expect(client.received.map(({ kind }) => kind)).not.toContain('status')
  })
})

it('a relay counts in its ledger what it carries, by peer and session', async () => {
  const { ledger, asker } = await usedRoute()
  expect(ledger.rows).toMatchObject([{ day: 0, sessionId: '07'.repeat(16), peerId: asker.peerId.toString() }])
  expect(ledger.rows[0]!.bytes).toBeGreaterThan(2_000)
})
