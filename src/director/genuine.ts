import { toHex } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Holding } from './content-index.ts'
import { recordBytes } from './record-text.ts'

/** Checks a signed content record, and returns what it states; rejects where it is not signed so. */
export type VerifyRecord = (
  bytes: Uint8Array
) => Promise<Pick<ContentRecord, 'name' | 'rootHash' | 'sourcePeerId'>>

/** Tells whether the record of an entry is one that its source has signed, of the content that the entry names. */
export async function isGenuine({ sourceId, entry }: Holding, verifyRecord: VerifyRecord): Promise<boolean> {
  try {
    const record = await verifyRecord(recordBytes(entry))
    const rootHash = toHex(record.rootHash)
    return record.name === entry.name && rootHash === entry.rootHash && record.sourcePeerId === sourceId
  } catch {
    return false
  }
}
