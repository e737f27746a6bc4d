import type { PublicKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { concatBytes, equalBytes } from './bytes.ts'
import type { ContentRecord } from './content-record.ts'
import type { ExtentInit } from './extent.ts'
import { HASH_BYTES } from './merkle.ts'
import { PAYLOAD_START, type Signer, sign, signedBytes } from './signed-form.ts'

/** Most segments that one head adds: it stays below 9 KiB. */
export const MAX_HEAD_LEAVES = 256

/**
 * Leaf hashes that a client keeps of heads, counted in segments from the first that it still needs: 512 KiB of hashes.
 * Those further on reach it as hashes of groups, once it comes to them.
 */
export const HEAD_LEAVES_KEPT = 16_384

/** A source's word, under its signature, on how far a live content reaches. */
export interface StreamHead {
  /** Segments that there are, and their bytes. Where they have one size, the last one may be shorter once `isEnded`. */
  count: number
  bytes: number
  /** Nothing will follow. */
  isEnded: boolean
  /** When the source made it: milliseconds since 1970 by its own clock. Segments that it adds were complete by then. */
  atMs: number
  /** RFC 6962 root over all `count` segments. */
  rootHash: Uint8Array
  /**
   * Leaf hashes of the last segments, of those which this head adds: 32 bytes each, at most MAX_HEAD_LEAVES. Those of empty
   * segments are not needed.
   */
  leaves: Uint8Array
}

/** A head, and its signed form. */
export interface SignedHead extends StreamHead {
  signed: Uint8Array
}

/** The live content that a head is of. */
export type StreamOf = Pick<ContentRecord, 'rootHash' | 'segmentBytes' | 'sourcePeerId' | 'frameMs'>

/** A head is malformed, of another stream, or not signed by its source. */
export class InvalidHeadError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_STREAM_HEAD', `A head of the live content cannot be trusted: ${reason}`, {
      exitCode: ExitCode.integrity,
      wireStatus: WireStatus.malformed,
      cause
    })
  }
}

// The payload of the signed form (see signed-form.ts): stream id (32 bytes), flags (1; bit 0: ended), count (8, big-endian),
// bytes (8), time (8), root hash (32), leaf hashes (the rest). Its signer is the source that the stream's record names.
const VERSION = 1
const DOMAIN = 'anabranch stream head 1'
const FLAGS_START = HASH_BYTES
const COUNT_START = FLAGS_START + 1
const BYTES_START = COUNT_START + 8
const TIME_START = BYTES_START + 8
const ROOT_START = TIME_START + 8
const LEAVES_START = ROOT_START + HASH_BYTES

/** Longest signed head. */
export const MAX_HEAD_BYTES = PAYLOAD_START + LEAVES_START + MAX_HEAD_LEAVES * HASH_BYTES

/** How far a content reaches by this head. */
export function edgeOf({ isEnded, bytes, count }: StreamHead): Pick<ExtentInit, 'endBytes' | 'edgeSeq'> {
  return isEnded ? { endBytes: bytes } : { edgeSeq: count }
}

/** The head's canonical bytes with the source's signature. */
export async function signHead(head: StreamHead, streamId: Uint8Array, signer: Signer): Promise<Uint8Array> {
  return await sign(VERSION, DOMAIN, payloadOf(head, streamId), signer)
}

/** The head's bytes without a signature, for readers that look at none. */
export function unsignedHead(head: StreamHead, streamId: Uint8Array): Uint8Array {
  const before = new Uint8Array(PAYLOAD_START)
  before[0] = VERSION
  return concatBytes([before, payloadOf(head, streamId)])
}

function payloadOf(head: StreamHead, streamId: Uint8Array): Uint8Array {
  const fixed = new Uint8Array(LEAVES_START)
  const view = new DataView(fixed.buffer)
  fixed.set(streamId, 0)
  fixed[FLAGS_START] = head.isEnded ? 1 : 0
  view.setBigUint64(COUNT_START, BigInt(head.count))
  view.setBigUint64(BYTES_START, BigInt(head.bytes))
  view.setBigUint64(TIME_START, BigInt(head.atMs))
  fixed.set(head.rootHash, ROOT_START)
  return concatBytes([fixed, head.leaves])
}

/** The head in `bytes`, once it proves to be the source's word on this stream. Throws InvalidHeadError. */
export async function verifyHead(bytes: Uint8Array, stream: StreamOf): Promise<StreamHead> {
  const head = readHead(bytes, stream)
  const payload = bytes.subarray(PAYLOAD_START)
  const isGenuine = await keyOf(stream).verify(signedBytes(DOMAIN, payload), bytes.slice(1, PAYLOAD_START))
  if (!isGenuine) throw new InvalidHeadError('its signature is wrong')
  return head
}

/** The head in `bytes`; its signature is not looked at. Throws InvalidHeadError. */
export function readHead(bytes: Uint8Array, stream: StreamOf): StreamHead {
  if (bytes[0] !== VERSION) throw new InvalidHeadError(`its version ${bytes[0] ?? '(none)'} is unknown`)
  const payload = bytes.subarray(PAYLOAD_START)
  const leafBytes = payload.byteLength - LEAVES_START
  if (leafBytes < 0 || leafBytes % HASH_BYTES !== 0) throw new InvalidHeadError('it is cut short')
  if (bytes.byteLength > MAX_HEAD_BYTES) throw new InvalidHeadError('it is too long')
  if (!equalBytes(payload.subarray(0, HASH_BYTES), stream.rootHash))
    throw new InvalidHeadError('it is of another stream')
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const head: StreamHead = {
    isEnded: payload[FLAGS_START] === 1,
    count: Number(view.getBigUint64(COUNT_START)),
    bytes: Number(view.getBigUint64(BYTES_START)),
    atMs: Number(view.getBigUint64(TIME_START)),
    rootHash: Uint8Array.from(payload.subarray(ROOT_START, LEAVES_START)),
    leaves: Uint8Array.from(payload.subarray(LEAVES_START))
  }
  checkNumbers(head, stream)
  return head
}

function checkNumbers(
  { isEnded, count, bytes, atMs, leaves }: StreamHead,
  { segmentBytes, frameMs }: StreamOf
): void {
  if (![count, bytes, atMs].every(Number.isSafeInteger))
    throw new InvalidHeadError('a number in it is too large')
  const mostBytes = count * segmentBytes
  const isWhole = isEnded ? Math.ceil(bytes / segmentBytes) === count : bytes === mostBytes
  if (frameMs === undefined ? !isWhole : bytes > mostBytes)
    throw new InvalidHeadError('its segments are not as many as its bytes make')
  if (leaves.byteLength / HASH_BYTES > count) throw new InvalidHeadError('it has more hashes than segments')
}

function keyOf({ sourcePeerId }: StreamOf): PublicKey {
  const { publicKey } = peerIdFromString(sourcePeerId)
  if (!publicKey) throw new InvalidHeadError('its source has no key in its peer id')
  return publicKey
}
