import { fstatSync } from 'node:fs'
import { type FileHandle, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FileTooLargeError, NoRoomError } from './output-errors.ts'

/** Bytes of a block as fstat counts them, whatever the file system's own blocks are. */
const STAT_BLOCK_BYTES = 512

/** The number by which Linux knows the file system FAT, and the most bytes of a file there. */
const FAT = { type: 0x4d44, maxFileBytes: 2 ** 32 - 1 }

/**
 * Checks that the file system takes a file of this size, and has room for what it does not hold yet;
 * one that does not tell is taken to do so. Throws FileTooLargeError and NoRoomError.
 */
export async function checkRoom(
  file: FileHandle,
  path: string,
  sizeBytes: number,
  missingBytes: number
): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => undefined)
  if (disk?.type === FAT.type && sizeBytes > FAT.maxFileBytes) {
    throw new FileTooLargeError(path, sizeBytes, FAT.maxFileBytes)
  }
  if (!disk?.blocks) return
  // Segments that are wrong have their place already.
  const heldBytes = fstatSync(file.fd).blocks * STAT_BLOCK_BYTES
  const neededBytes = Math.min(missingBytes, sizeBytes - heldBytes)
  // Some of the room is kept for the superuser.
  const freeBytes = (process.getuid?.() === 0 ? disk.bfree : disk.bavail) * disk.bsize
  if (neededBytes > freeBytes) throw new NoRoomError(path, { neededBytes, freeBytes })
}
