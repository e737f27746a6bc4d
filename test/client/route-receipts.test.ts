import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { RECEIPT_STEP_BYTES, RouteReceipts } from '../../src/client/route-receipts.ts'
import { readReceipt, verifyReceipt } from '../../src/protocol/receipt.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'

const STREAM = { sessionId: new Uint8Array(16).fill(9), route: 2, opening: 4 }
const signer = await generateKeyPair('Ed25519')
const relays = await Promise.all(
  [1, 2].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString())
)

/** The receipts of a route that was asked for, and what they have sent. */
function receiptsOver(path: string[], key: Awaited<ReturnType<typeof generateKeyPair>> = signer) {
  const sent: Uint8Array[] = []
  const send = (message: RouteMessage) => {
    if (message.kind === 'receipt') sent.push(message.bytes)
  }
  const receipts = new RouteReceipts({ signer: key, relays: path, send, utcMs: () => 1_000 })
  receipts.begin(STREAM)
  return { receipts, sent, told: () => sent.map(bytes => readReceipt(bytes)) }
}

it('go to each relay of the route, under the key of the node', async () => {
  const { receipts, sent, told } = receiptsOver(relays)
  receipts.received(700)
  receipts.received(300)
  await receipts.finish()
  const client = peerIdFromPrivateKey(signer).toString()
  expect(told()).toEqual(relays.map(relay => ({ ...STREAM, relay, client, bytes: 1_000, atMs: 1_000 })))
  for (const bytes of sent) await verifyReceipt(bytes)
})

it('go out after so many bytes, and for the rest at the end', async () => {
  const { receipts, told } = receiptsOver(relays.slice(0, 1))
  const step = RECEIPT_STEP_BYTES / 4
  for (let at = 0; at < 9; at++) receipts.received(step)
  await receipts.finish()
  expect(told().map(({ bytes }) => bytes / step)).toEqual([4, 8, 9])
  await receipts.finish()
  expect(told()).toHaveLength(3)
})

it('are not sent where nothing has come, or where no relay is', async () => {
  const unused = receiptsOver(relays)
  await unused.receipts.finish()
  const direct = receiptsOver([])
  direct.receipts.received(RECEIPT_STEP_BYTES)
  await direct.receipts.finish()
  expect([...unused.sent, ...direct.sent]).toEqual([])
})

it('are left out by a node whose key is of another type', async () => {
  const { receipts, sent } = receiptsOver(relays, await generateKeyPair('secp256k1'))
  receipts.received(RECEIPT_STEP_BYTES)
  await receipts.finish()
  expect(sent).toEqual([])
})
