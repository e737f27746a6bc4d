import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { InvalidReceiptError, readReceipt, signReceipt, verifyReceipt } from '../../src/protocol/receipt.ts'
import { readVectors } from './vectors.ts'

const signer = await generateKeyPair('Ed25519')
const client = peerIdFromPrivateKey(signer).toString()
const relay = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
const RECEIPT = {
  relay,
  sessionId: Uint8Array.from({ length: 16 }, (_, at) => at),
  route: 51,
  opening: 2 ** 32 - 1,
  bytes: Number.MAX_SAFE_INTEGER,
  atMs: 1_785_000_000_000
}
const signed = await signReceipt(RECEIPT, signer)

/** The receipt with other bytes from an offset on. */
function changed(at: number, ...bytes: number[]): Uint8Array {
  const copy = signed.slice()
  copy.set(bytes, at)
  return copy
}

it('says what its client has signed', async () => {
  expect(await verifyReceipt(signed)).toEqual({ ...RECEIPT, client })
})

it('is not genuine when any part of it was changed', async () => {
  for (let at = 0; at < signed.byteLength; at++) {
    const forged = changed(at, signed[at]! ^ 1)
    await expect(verifyReceipt(forged), `byte ${at}`).rejects.toThrow()
  }
})

it('is not genuine under the key of somebody else', async () => {
  const other = await generateKeyPair('Ed25519')
  await expect(verifyReceipt(changed(65, ...other.publicKey.raw))).rejects.toThrow('its signature is wrong')
})

it.each([
  ['is empty', new Uint8Array(), 'its version (none) is unknown'],
  ['has another version', changed(0, 2), 'its version 2 is unknown'],
  ['is cut short', signed.slice(0, 134), 'it is cut short'],
  ['is too long', new Uint8Array(400).fill(1), 'it is too long'],
  ['names no route', changed(113, 52), 'there is no route 52'],
  ['is for nothing', changed(118, ...new Uint8Array(8)), 'a number in it is out of range'],
  ['is for too much', changed(118, 0, 0x20), 'a number in it is out of range'],
  ['has no time', changed(126, 0xff), 'a number in it is out of range'],
  ['names no peer', changed(134, 0x20), 'its relay is no peer id']
])('that %s is refused before its signature is looked at', (_, bytes, reason) => {
  expect(() => readReceipt(bytes)).toThrow(new InvalidReceiptError(reason))
})

it('names the relay in the usual form, or else is refused', async () => {
  const spelled = peerIdFromString(relay).toCID().toString()
  const other = await signReceipt({ ...RECEIPT, relay: spelled }, signer)
  await expect(verifyReceipt(other)).rejects.toThrow('its relay is written in another form')
})

it('of the test vectors is genuine', async () => {
  const { frame } = readVectors('route', []).find(({ file }) => file === 'receipt')!
  expect(await verifyReceipt(frame.subarray(1))).toMatchObject({
    route: 0,
    opening: 1,
    bytes: 16 * 1024 ** 2
  })
})
