import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { describe, expect, it } from 'vitest'
import { HASH_BYTES } from '../../src/protocol/merkle.ts'
import {
  InvalidHeadError,
  MAX_HEAD_BYTES,
  MAX_HEAD_LEAVES,
  type StreamHead,
  signHead,
  verifyHead
} from '../../src/protocol/stream-head.ts'

const privateKey = await generateKeyPair('Ed25519')
const STREAM = {
  rootHash: new Uint8Array(HASH_BYTES).fill(7),
  segmentBytes: 1000,
  sourcePeerId: peerIdFromPrivateKey(privateKey).toString()
}

function headOf(parts: Partial<StreamHead> = {}): StreamHead {
  return {
    count: 300,
    bytes: 300_000,
    isEnded: false,
    atMs: 1_700_000_000_000,
    rootHash: new Uint8Array(HASH_BYTES).fill(9),
    leaves: new Uint8Array(2 * HASH_BYTES).fill(3),
    ...parts
  }
}

async function verified(parts: Partial<StreamHead>, stream = STREAM): Promise<StreamHead> {
  return await verifyHead(await signHead(headOf(parts), STREAM.rootHash, privateKey), stream)
}

describe('a head of a live content', () => {
  it('comes back as it was signed', async () => {
    for (const parts of [
      {},
      { isEnded: true, bytes: 299_001 },
      { count: 0, bytes: 0, leaves: new Uint8Array(0) },
      { leaves: new Uint8Array(MAX_HEAD_LEAVES * HASH_BYTES) }
    ]) {
      expect(await verified(parts)).toEqual(headOf(parts))
    }
  })

  it('has no more bytes than its frames take, where these differ in size', async () => {
    const stream = { ...STREAM, frameMs: 20 }
    expect(await verified({ bytes: 17 }, stream)).toEqual(headOf({ bytes: 17 }))
    await expect(verified({ bytes: 300_001 }, stream)).rejects.toThrow('not as many')
  })

  it('is refused once any bit differs, and when it is cut or too long', async () => {
    const signed = await signHead(headOf(), STREAM.rootHash, privateKey)
    for (let at = 0; at < signed.byteLength; at += 7) {
      const changed = Uint8Array.from(signed)
      changed[at]! ^= 1
      await expect(verifyHead(changed, STREAM)).rejects.toThrow(InvalidHeadError)
    }
    await expect(verifyHead(signed.subarray(0, -1), STREAM)).rejects.toThrow('cut short')
    const long = new Uint8Array(MAX_HEAD_BYTES + HASH_BYTES)
    long.set(signed)
    await expect(verifyHead(long, STREAM)).rejects.toThrow('too long')
  })

  it('is refused for another stream or of another source', async () => {
    const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
    await expect(verified({}, { ...STREAM, sourcePeerId: other })).rejects.toThrow('signature')
    await expect(verified({}, { ...STREAM, rootHash: new Uint8Array(HASH_BYTES) })).rejects.toThrow(
      'another stream'
    )
  })

  it('is refused where its numbers do not fit together', async () => {
    await expect(verified({ bytes: 299_999 })).rejects.toThrow('as many')
    await expect(verified({ isEnded: true, bytes: 300_001 })).rejects.toThrow('as many')
    await expect(verified({ count: 1, bytes: 1_000 })).rejects.toThrow('more hashes')
  })
})
