import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ContentRecord,
  DEFAULT_SEGMENT_BYTES,
  InvalidContentRecordError,
  MAX_CONTENT_RECORD_BYTES,
  MAX_SEGMENT_BYTES,
  segmentCount,
  signContentRecord,
  verifyContentRecord
} from '../../src/protocol/content-record.ts'
import { hashSegment } from '../../src/protocol/merkle.ts'

const privateKey = await generateKeyPair('Ed25519')
const sourcePeerId = peerIdFromPrivateKey(privateKey).toString()

function makeRecord(parts: Partial<ContentRecord> = {}): ContentRecord {
  const rootHash = Uint8Array.from(hashSegment(Uint8Array.of(7)))
  return {
    name: 'films/a.mkv',
    sizeBytes: 1e9,
    segmentBytes: DEFAULT_SEGMENT_BYTES,
    rootHash,
    sourcePeerId,
    ...parts
  }
}

describe('content record', () => {
  it('comes back as it was signed', async () => {
    const records = fc.record({
      name: fc.constantFrom('a', 'é/日本.bin', 'n'.repeat(1024), '\ufeffa'),
      sizeBytes: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER)),
      segmentBytes: fc.integer({ min: 1, max: MAX_SEGMENT_BYTES }),
      rootHash: fc.uint8Array({ minLength: 32, maxLength: 32 })
    })
    const times = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(records, times, async (stated, modifiedAtMs) => {
        const parts = { ...stated, ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }) }
        const bytes = await signContentRecord(makeRecord(parts), privateKey)
        expect(bytes.length).toBeLessThanOrEqual(MAX_CONTENT_RECORD_BYTES)
        const record = await verifyContentRecord(bytes)
        expect({ ...record, rootHash: [...record.rootHash] }).toEqual({
          ...parts,
          rootHash: [...parts.rootHash],
          sourcePeerId
        })
      }),
      { numRuns: 50 }
    )
  })

  it('of a live content tells when that began, and no size', async () => {
    const record = makeRecord({ sizeBytes: 0, startedAtMs: 1_700_000_000_000 })
    const bytes = await signContentRecord(record, privateKey)
    expect(await verifyContentRecord(bytes)).toEqual(record)
    // One kind cannot be passed off as the other.
    bytes[0] = 2
    await expect(verifyContentRecord(bytes)).rejects.toThrow('signature')
  })

  it('of a live content that is divided by time tells the length of a frame', async () => {
    const record = makeRecord({ sizeBytes: 0, startedAtMs: 0, frameMs: 20 })
    expect(await verifyContentRecord(await signContentRecord(record, privateKey))).toEqual(record)
    for (const frameMs of [0, 0.5, 10_001])
      await expect(signContentRecord({ ...record, frameMs }, privateKey)).rejects.toThrow('frames')
  })

  it('has one form: signing twice gives the same bytes', async () => {
    const first = await signContentRecord(makeRecord(), privateKey)
    expect(await signContentRecord(makeRecord(), privateKey)).toEqual(first)
  })

  it('is refused once any bit differs or any byte is missing', async () => {
    const bytes = await signContentRecord(makeRecord(), privateKey)
    for (let index = 0; index < bytes.length; index++) {
      const forged = Uint8Array.from(bytes)
      forged[index]! ^= 1 << (index % 8)
      await expect(verifyContentRecord(forged)).rejects.toBeInstanceOf(InvalidContentRecordError)
      await expect(verifyContentRecord(bytes.subarray(0, index))).rejects.toBeInstanceOf(
        InvalidContentRecordError
      )
    }
  })

  it('is refused for any garbage with one error class', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), async garbage => {
        const bytes = Uint8Array.of(2, ...garbage)
        await expect(verifyContentRecord(bytes)).rejects.toBeInstanceOf(InvalidContentRecordError)
      })
    )
  })

  it.each([
    ['a name that climbs', { name: '../a' }],
    ['a name with an escape sequence', { name: 'a\u001b[2J' }],
    ['a negative size', { sizeBytes: -1 }],
    ['a size past 2^53 - 1', { sizeBytes: 2 ** 53 }],
    ['a fractional size', { sizeBytes: 1.5 }],
    ['a time before 1970', { modifiedAtMs: -1 }],
    ['a time of no whole milliseconds', { modifiedAtMs: 1.5 }],
    ['no segment size', { segmentBytes: 0 }],
    ['too large a segment size', { segmentBytes: MAX_SEGMENT_BYTES + 1 }],
    ['a short root', { rootHash: new Uint8Array(31) }],
    ['the peer id of another', { sourcePeerId: '12D3KooWGC6TvWhfapngX6wvJHMYvKpDMXPb3ZnCZ6dMoaMtimQ5' }]
  ])('is not signed with %s', async (_, parts) => {
    await expect(signContentRecord(makeRecord(parts), privateKey)).rejects.toBeInstanceOf(
      InvalidContentRecordError
    )
  })

  it('is refused with a limit broken although the signature fits', async () => {
    const good = await signContentRecord(makeRecord({ name: 'ab' }), privateKey)
    const domain = Buffer.from('anabranch content record 2\0')
    const resign = async (change: (payload: Buffer) => void) => {
      const payload = Buffer.from(good.subarray(65))
      change(payload)
      const signature = await privateKey.sign(Buffer.concat([domain, payload]))
      return Buffer.concat([Uint8Array.of(2), signature, payload])
    }
    await expect(verifyContentRecord(await resign(() => {}))).resolves.toMatchObject({ name: 'ab' })
    const breaks: Array<(payload: Buffer) => void> = [
      payload => payload.writeBigUInt64BE(2n ** 53n, 64),
      payload => payload.writeUInt32BE(0, 72),
      payload => payload.writeUInt32BE(MAX_SEGMENT_BYTES + 1, 72),
      payload => payload.writeBigUInt64BE(2n ** 53n, 76),
      payload => payload.write('..', 84),
      payload => payload.fill(0xff, 84)
    ]
    for (const change of breaks) {
      await expect(verifyContentRecord(await resign(change))).rejects.toBeInstanceOf(
        InvalidContentRecordError
      )
    }
  })

  it('tells how many segments hold the content', () => {
    const counts = [0, 1, 300, 301].map(sizeBytes => segmentCount({ sizeBytes, segmentBytes: 300 }))
    expect(counts).toEqual([0, 1, 1, 2])
  })
})
