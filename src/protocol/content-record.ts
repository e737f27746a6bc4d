import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { MAX_CONTENT_NAME_BYTES, parseContentName } from './content-name.ts'
import { HASH_BYTES } from './merkle.ts'
import { genuineSigner, KEY_BYTES, PAYLOAD_START, type Signer, sign } from './signed-form.ts'

/**
 * Segment size of a content unless its source says otherwise. Small segments steer better on slow routes (64 kB take
 * 100 ms at 5 Mbit/s), large ones cost less CPU a byte; 32 KiB keeps both within a few per cent of their best.
 */
export const DEFAULT_SEGMENT_BYTES = 32 * 1024
/** Bytes of a live content's segment by default: at 1 Mbit/s one is full after 65 ms, and its hash and messages cost 3 % of what is sent. */
export const DEFAULT_LIVE_SEGMENT_BYTES = 8 * 1024

/** Largest segment that a record may name; it bounds a frame, and with it every node's buffers. */
export const MAX_SEGMENT_BYTES = 2 ** 20

/** Longest frame of a content that is divided by time, in milliseconds. */
export const MAX_FRAME_MS = 10_000

/** A source's promise about a content, under its signature. */
export interface ContentRecord {
  /** See parseContentName. */
  name: string
  /** 0 to 2^53 - 1; 0 for a live content, whose heads tell how much there is (see stream-head.ts). */
  sizeBytes: number
  /** 1 to 2^20; the last segment is shorter. Where `frameMs` is given, the most that any segment has. */
  segmentBytes: number
  /**
   * RFC 6962 root over the segments (see merkle.ts): the content's identity, 32 bytes. For a live content its stream id:
   * random bytes that stand for it from its begin on, also when it has ended.
   */
  rootHash: Uint8Array
  /**
   * When the file was last written, as it was when it was hashed: milliseconds since 1970, 1 to 2^53 - 1; undefined where
   * that is not known. It is no part of the content's identity.
   */
  modifiedAtMs?: number
  /** Peer id of the source, the signer. */
  sourcePeerId: string
  /** Present for a live content alone: when it began, milliseconds since 1970, UTC; 0 to 2^53 - 1. */
  startedAtMs?: number
  /**
   * Present for a live content that is divided by time: a segment is what came in within a frame of so many milliseconds since
   * the begin, 1 to MAX_FRAME_MS.
   */
  frameMs?: number
}

/** A content record breaks a limit, is not in its one canonical form, or its signature does not fit. */
export class InvalidContentRecordError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super(
      'ERR_CONTENT_RECORD',
      `the content record cannot be trusted: ${reason}; ask another source or director`,
      {
        exitCode: ExitCode.integrity,
        wireStatus: WireStatus.malformed,
        cause
      }
    )
  }
}

// The payload of the signed form (see signed-form.ts): the source's Ed25519 key (32 bytes), root hash (32), size in bytes
// (8, big-endian), segment size in bytes (4, big-endian), time of the last change in milliseconds since 1970 (8, big-endian;
// 0 where that is not known), name (the rest, UTF-8). It has no optional parts, so one record has exactly one form. That of a live content has
// another version and domain, and the time of its begin in place of the size. In place of the time of the last change it has
// the milliseconds of a frame, or 0 where it is not divided by time.
const VERSION = 2
const DOMAIN = 'anabranch content record 2'
const LIVE_VERSION = 3
const LIVE_DOMAIN = 'anabranch stream record 1'
const ROOT_START = KEY_BYTES
const SIZE_START = ROOT_START + HASH_BYTES
const SEGMENT_START = SIZE_START + 8
const MODIFIED_START = SEGMENT_START + 4
const NAME_START = MODIFIED_START + 8

/** Longest signed record. */
export const MAX_CONTENT_RECORD_BYTES = PAYLOAD_START + NAME_START + MAX_CONTENT_NAME_BYTES

/**
 * The record's canonical bytes with the source's signature. `signer`: the source's libp2p key, Ed25519.
 * Throws InvalidContentRecordError when the record breaks a limit or does not name the key's owner.
 */
export async function signContentRecord(record: ContentRecord, signer: Signer): Promise<Uint8Array> {
  const { publicKey } = signer
  if (publicKey.type !== 'Ed25519')
    throw new InvalidContentRecordError(`it needs an Ed25519 key, not ${publicKey.type}`)
  if (peerIdFromPublicKey(publicKey).toString() !== record.sourcePeerId) {
    throw new InvalidContentRecordError('its source is not the owner of the signing key')
  }
  checkLimits(record)
  const [version, domain] = isLive(record) ? [LIVE_VERSION, LIVE_DOMAIN] : [VERSION, DOMAIN]
  return await sign(version, domain, encodePayload(record, publicKey.raw), signer)
}

/** The key whose record these bytes say to be, 32 bytes; undefined for a record of another version. Nothing else is checked. */
export function sourceKeyIn(recordBytes: Uint8Array): Uint8Array | undefined {
  if (recordBytes[0] !== VERSION && recordBytes[0] !== LIVE_VERSION) return undefined
  return recordBytes.subarray(PAYLOAD_START, PAYLOAD_START + KEY_BYTES)
}

/** The root hash in a record's bytes, of which nothing is checked. A view. */
export function rootHashIn(recordBytes: Uint8Array): Uint8Array {
  return recordBytes.subarray(PAYLOAD_START + ROOT_START, PAYLOAD_START + SIZE_START)
}

/** The time of the last change in a record's bytes, of which nothing is checked; see ContentRecord. */
export function modifiedAtMsIn(recordBytes: Uint8Array): number | undefined {
  const view = new DataView(recordBytes.buffer, recordBytes.byteOffset, recordBytes.length)
  return Number(view.getBigUint64(PAYLOAD_START + MODIFIED_START)) || undefined
}

/** The record in `bytes`, once its signature and limits hold. Throws InvalidContentRecordError. */
export async function verifyContentRecord(bytes: Uint8Array): Promise<ContentRecord> {
  const isOfLive = bytes[0] === LIVE_VERSION
  if (bytes.length <= PAYLOAD_START + NAME_START) throw new InvalidContentRecordError('it is cut short')
  if (bytes[0] !== VERSION && !isOfLive) {
    const known = `this program knows ${VERSION} and ${LIVE_VERSION}`
    throw new InvalidContentRecordError(
      `it is of version ${bytes[0]}, and ${known}: use the same version of anabranch on both sides`
    )
  }
  if (bytes.length > MAX_CONTENT_RECORD_BYTES) throw new InvalidContentRecordError('it is too long')
  try {
    const publicKey = await genuineSigner(bytes, isOfLive ? LIVE_DOMAIN : DOMAIN)
    if (!publicKey) throw new InvalidContentRecordError('its signature is wrong')
    const record = decodeRecord(bytes, peerIdFromPublicKey(publicKey).toString())
    checkLimits(record)
    return record
  } catch (error) {
    if (error instanceof InvalidContentRecordError) throw error
    throw new InvalidContentRecordError('it is malformed', error)
  }
}

/**
 * The size that a signed record states, in bytes (undefined for a live content), without a look at the signature. Throws
 * InvalidContentRecordError.
 */
export function statedSizeBytes(bytes: Uint8Array): number | undefined {
  const isOfLive = bytes[0] === LIVE_VERSION
  if ((bytes[0] !== VERSION && !isOfLive) || bytes.length <= PAYLOAD_START + NAME_START)
    throw new InvalidContentRecordError('it is malformed')
  if (isOfLive) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Number(view.getBigUint64(PAYLOAD_START + SIZE_START))
}

/** How many segments the content has; 0 for an empty content. */
export function segmentCount(record: Pick<ContentRecord, 'sizeBytes' | 'segmentBytes'>): number {
  return Math.ceil(record.sizeBytes / record.segmentBytes)
}

/** Whether the content is a live one: its record tells no size, and has a stream id for its root hash. */
export function isLive({ startedAtMs }: Pick<ContentRecord, 'startedAtMs'>): boolean {
  return startedAtMs !== undefined
}

function checkLimits(record: ContentRecord): void {
  if (!Number.isSafeInteger(record.sizeBytes) || record.sizeBytes < 0) {
    throw new InvalidContentRecordError('its size is not within 0 to 2^53 - 1 bytes')
  }
  const { segmentBytes, startedAtMs = 0 } = record
  if (!Number.isSafeInteger(startedAtMs) || startedAtMs < 0) {
    throw new InvalidContentRecordError('its begin is not within 0 to 2^53 - 1 milliseconds')
  }
  if (!Number.isInteger(segmentBytes) || segmentBytes < 1 || segmentBytes > MAX_SEGMENT_BYTES) {
    throw new InvalidContentRecordError(`its segment size is not within 1 to ${MAX_SEGMENT_BYTES} bytes`)
  }
  const { modifiedAtMs = 1, frameMs = 1 } = record
  if (!Number.isInteger(frameMs) || frameMs < 1 || frameMs > MAX_FRAME_MS)
    throw new InvalidContentRecordError(`its frames are not of 1 to ${MAX_FRAME_MS} ms`)
  if (!Number.isSafeInteger(modifiedAtMs) || modifiedAtMs < 1)
    throw new InvalidContentRecordError('its time is not within 1 to 2^53 - 1 ms')
  if (record.rootHash.length !== HASH_BYTES)
    throw new InvalidContentRecordError('its root hash is not 32 bytes')
  try {
    parseContentName(record.name)
  } catch (error) {
    throw new InvalidContentRecordError(`its ${(error as Error).message}`, error)
  }
}

function encodePayload(record: ContentRecord, publicKey: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode(record.name)
  const payload = new Uint8Array(NAME_START + name.length)
  const view = new DataView(payload.buffer)
  payload.set(publicKey, 0)
  payload.set(record.rootHash, ROOT_START)
  view.setBigUint64(SIZE_START, BigInt(record.startedAtMs ?? record.sizeBytes))
  view.setUint32(SEGMENT_START, record.segmentBytes)
  view.setBigUint64(MODIFIED_START, BigInt((isLive(record) ? record.frameMs : record.modifiedAtMs) ?? 0))
  payload.set(name, NAME_START)
  return payload
}

function decodeRecord(bytes: Uint8Array, sourcePeerId: string): ContentRecord {
  const payload = bytes.subarray(PAYLOAD_START)
  const timeMs = modifiedAtMsIn(bytes)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  const number = Number(view.getBigUint64(SIZE_START))
  const isOfLive = bytes[0] === LIVE_VERSION
  return {
    // `fatal` also refuses a second spelling of the same name, such as over-long UTF-8.
    name: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload.subarray(NAME_START)),
    ...(isOfLive ? { sizeBytes: 0, startedAtMs: number } : { sizeBytes: number }),
    segmentBytes: view.getUint32(SEGMENT_START),
    rootHash: Uint8Array.from(payload.subarray(ROOT_START, SIZE_START)),
    ...(timeMs === undefined ? {} : isOfLive ? { frameMs: timeMs } : { modifiedAtMs: timeMs }),
    sourcePeerId
  }
}
