import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { readReceipt, signReceipt } from '../../src/protocol/receipt.ts'
import { encodeRouteFrame } from '../../src/protocol/route-codec.ts'
import { LEAST_RECEIPT_STEP_BYTES } from '../../src/relay/limits.ts'
import { ReceiptAccount } from '../../src/relay/receipt-account.ts'
import { open } from '../protocol/messages.ts'
import { segment } from './segments.ts'

const MIB = LEAST_RECEIPT_STEP_BYTES
const [client, stranger] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
const [own, behind, foreign] = await Promise.all([1, 2, 3].map(() => somePeer()))
const ROUTE = { sessionId: new Uint8Array(16).fill(7), route: 3, opening: 2 }

async function somePeer(): Promise<string> {
  return peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
}

/** An account of a route that has carried so much, and how to sign for some of it. */
function accountOf(sentBytes: number) {
  const hops = [behind!, 'source'].map(peerId => ({ peerId, addresses: [] }))
  const account = new ReceiptAccount(open(hops, ROUTE), own!)
  const send = (payloadBytes: number, maxUnsignedBytes?: number) =>
    account.sent(encodeRouteFrame(segment(0, payloadBytes)), { maxUnsignedBytes })
  if (sentBytes > 0) send(sentBytes)
  const take = async (bytes: number, changes = {}, signer = client) =>
    account.take(await signReceipt({ ...ROUTE, relay: own!, bytes, atMs: 0, ...changes }, signer))
  return { account, send, take }
}

describe('receipts for this relay', () => {
  it('count once their signatures have proved genuine', async () => {
    const { account } = accountOf(5 * MIB)
    const signed = await signReceipt({ ...ROUTE, relay: own!, bytes: 3 * MIB, atMs: 0 }, client)
    expect(account.take(signed)).toBe(true)
    expect(account.signedBytes).toBe(0)
    account.verified(readReceipt(signed))
    expect(account.signedBytes).toBe(3 * MIB)
  })

  it('may be for all that was sent, and no more', async () => {
    const { send, take } = accountOf(1_000)
    await expect(take(1_001)).rejects.toThrow('it is for more than was sent')
    expect(await take(1_000)).toBe(true)
    send(MIB)
    expect(await take(1_000 + MIB)).toBe(true)
  })

  it('must be for more than the one before', async () => {
    const { take } = accountOf(9 * MIB)
    await take(2 * MIB)
    await expect(take(2 * MIB)).rejects.toThrow('it is for no more than the one before')
    await expect(take(MIB)).rejects.toThrow('it is for no more than the one before')
  })

  it.each([
    ['session', { sessionId: new Uint8Array(16) }],
    ['route', { route: 4 }],
    ['stream', { opening: 1 }]
  ])('must be for this %s', async (_, changes) => {
    await expect(accountOf(MIB).take(1, changes)).rejects.toThrow('it is for another route')
  })

  it('must all be of one client', async () => {
    const { take } = accountOf(9 * MIB)
    await take(1)
    await expect(take(2, {}, stranger)).rejects.toThrow('the one before was of another client')
  })

  it('may come once for each MiB and once at the end', async () => {
    const { send, take } = accountOf(2 * MIB)
    for (const bytes of [1, 2, 3]) await take(bytes)
    await expect(take(4)).rejects.toThrow('receipts come too often')
    send(9 * MIB)
    expect(await take(5)).toBe(true)
  })
})

it('receipts for a relay behind this one are none of its business', async () => {
  const { account, take } = accountOf(0)
  expect(await take(9 * MIB, { relay: behind })).toBe(false)
  expect(account.signedBytes).toBe(0)
})

it('receipts for a relay that is not on the route are refused', async () => {
  await expect(accountOf(MIB).take(1, { relay: foreign })).rejects.toThrow('a relay that is not on the route')
})

describe('a client that lags behind with receipts', () => {
  it('has gone too far with the first byte beyond the limit', () => {
    const { send } = accountOf(0)
    expect(send(1_000, 1_000)).toBeUndefined()
    expect(send(1, 1_000)).toMatchObject({ code: 'ERR_RECEIPTS_DUE', wireStatus: WireStatus.receiptsDue })
  })

  it('goes on as soon as it has signed', async () => {
    const { account, send } = accountOf(1_000)
    account.verified(readReceipt(await signReceipt({ ...ROUTE, relay: own!, bytes: 400, atMs: 0 }, client)))
    expect(send(600, 1_200)).toBeUndefined()
    expect(send(1, 1_200)?.message).toContain('has signed for 400 B of 1.6 kB')
  })

  it('goes on for ever where no receipts are required', () => {
    expect(accountOf(50 * MIB).send(1)).toBeUndefined()
  })
})
