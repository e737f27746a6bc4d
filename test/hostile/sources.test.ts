import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExitCode } from '../../src/errors.ts'
import { signContentRecord } from '../../src/protocol/content-record.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { UnknownContentError } from '../../src/source/content-errors.ts'
import type { ContentItem, ContentStore, SegmentReader } from '../../src/source/content-store.ts'
import { Source } from '../../src/source/source.ts'
import { NAME, peerOf, SIZE_BYTES, Stage } from './stage.ts'

let stage: Stage
let relays: PeerAddresses[]

beforeAll(async () => {
  stage = await Stage.start()
  relays = [(await stage.relay()).peer, (await stage.relay()).peer]
})
afterAll(() => stage.stop())

/** A source with a key of its own that offers the honest source's content, changed. */
async function sourceWith(
  change: (reader: SegmentReader) => Partial<SegmentReader>,
  record: Partial<ContentItem['record']> = {},
  recordBytes?: Uint8Array
): Promise<PeerAddresses> {
  const privateKey = await generateKeyPair('Ed25519')
  const honest = stage.catalog.find(NAME)!
  const sourcePeerId = peerIdFromPrivateKey(privateKey).toString()
  const claimed = { ...honest.record, sourcePeerId, ...record }
  const item = { record: claimed, recordBytes: recordBytes ?? (await signContentRecord(claimed, privateKey)) }
  const contents: ContentStore = {
    find: () => item,
    findByRoot: () => item,
    whyMissing: name => new UnknownContentError(name),
    open: async () => {
      const reader = await stage.catalog.open(honest.record)
      const bound: SegmentReader = {
        tryGetSegment: seq => reader.tryGetSegment(seq),
        readSegment: seq => reader.readSegment(seq),
        groupHashes: group => reader.groupHashes(group),
        close: () => reader.close()
      }
      return { ...bound, ...change(bound) }
    }
  }
  const node = await stage.startNode({ privateKey })
  await new Source({ node, contents }).start()
  return peerOf(node)
}

const wrong = (bytes: Uint8Array) => Uint8Array.from(bytes, byte => byte ^ 1)

describe('a source that sends other bytes than its record vouches for', () => {
  it.each<[string, (reader: SegmentReader) => Partial<SegmentReader>, string]>([
    [
      'wrong segments over all routes',
      reader => ({
        tryGetSegment: () => undefined,
        readSegment: async seq => wrong(await reader.readSegment(seq))
      }),
      'a wrong segment'
    ],
    [
      'wrong hashes',
      reader => ({
        groupHashes: async group => {
          const { leaves, proof } = await reader.groupHashes(group)
          return { leaves: wrong(leaves), proof }
        }
      }),
      'a wrong hash of group'
    ],
    [
      'a proof of the wrong length',
      reader => ({
        groupHashes: async group => ({
          ...(await reader.groupHashes(group)),
          proof: new Uint8Array(32 * 40)
        })
      }),
      'a wrong hash of group'
    ]
  ])('%s: the fetch ends at once, and it is named', async (_, change, what) => {
    const source = await sourceWith(change)
    await expect(stage.fetch(relays, { source })).rejects.toMatchObject({
      code: 'ERR_WRONG_CONTENT',
      exitCode: ExitCode.integrity,
      message: expect.stringContaining(`The source ${source.peerId} sends ${what}`)
    })
  })

  it.each([SIZE_BYTES - 1, SIZE_BYTES + 1, 2 * SIZE_BYTES])('a record of %i bytes', async sizeBytes => {
    const source = await sourceWith(() => ({}), { sizeBytes })
    await expect(stage.fetch(relays, { source })).rejects.toMatchObject({ exitCode: ExitCode.integrity })
  })

  it("another source's record", async () => {
    const source = await sourceWith(() => ({}), {}, stage.catalog.find(NAME)!.recordBytes)
    await expect(stage.fetch(relays, { source })).rejects.toMatchObject({
      code: 'ERR_WRONG_RECORD',
      exitCode: ExitCode.integrity
    })
  })
})
