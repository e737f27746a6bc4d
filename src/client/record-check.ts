import { equalBytes, toHex } from '../protocol/bytes.ts'
import { type ContentRecord, verifyContentRecord } from '../protocol/content-record.ts'
import { WrongRecordError } from './route-errors.ts'

/** The contents that a record must have; a field left out may have any value. */
export interface WantedRecord {
  sourcePeerId: string
  name?: string
  rootHash?: Uint8Array
}

/** A record that was found to be genuine. */
export interface GenuineRecord {
  bytes: Uint8Array
  record: ContentRecord
}

/**
 * Reads a content's record, and checks that it is genuine and the wanted one; one that is the same
 * as `known` is genuine. Throws WrongRecordError.
 */
export async function readRecord(
  bytes: Uint8Array,
  wanted: WantedRecord,
  known?: GenuineRecord
): Promise<ContentRecord> {
  const isKnown = known !== undefined && equalBytes(bytes, known.bytes)
  const record = isKnown ? known.record : await verifiedRecord(bytes)
  const { sourcePeerId, name, rootHash } = wanted
  if (record.sourcePeerId !== sourcePeerId) {
    throw new WrongRecordError(
      `the content record that came is signed by ${record.sourcePeerId}, not by the source ${sourcePeerId}`
    )
  }
  if (name !== undefined && record.name !== name) {
    const names = `${JSON.stringify(record.name)}, not of ${JSON.stringify(name)}`
    throw new WrongRecordError(`the content record that came is of ${names}`)
  }
  if (rootHash !== undefined && !equalBytes(record.rootHash, rootHash)) {
    const hashes = `${toHex(record.rootHash)}, not ${toHex(rootHash)}`
    throw new WrongRecordError(`the content record that came is of the root hash ${hashes}`)
  }
  return record
}

async function verifiedRecord(bytes: Uint8Array): Promise<ContentRecord> {
  return await verifyContentRecord(bytes).catch(error => {
    throw new WrongRecordError((error as Error).message, error)
  })
}
