import { close, constants, fsync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { PartialFileForeignError } from './output-errors.ts'

/** What a partial file is a part of; stands beside it as NAME.part.json. */
export interface PartialContent {
  /** In hex. */
  rootHash: string
  sizeBytes: number
  segmentBytes: number
}

/** An open partial file and how much of it can be gone on with. */
export interface PartialFile {
  handle: FileHandle
  /** Whole segments. */
  resumeBytes: number
}

/**
 * Opens the partial file at `path`: an earlier run's of the same content, else a new one. One of another content is
 * replaced, for it is ours and of no more use; a file that is not ours only with `force`.
 * Throws PartialFileForeignError and the file system's errors.
 */
export async function openPartial(
  path: string,
  content: PartialContent,
  force: boolean
): Promise<PartialFile> {
  const sidecarPath = sidecarOf(path)
  // Without a thread, as all that only looks at names: to wait for one takes longer than the call, and the fetch waits.
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present !== undefined) {
    const sidecar = present.isFile() ? readSidecar(sidecarPath) : undefined
    if (sidecar === undefined && !force) throw new PartialFileForeignError(path)
    if (sidecar !== undefined && isSameContent(sidecar, content)) return await reopen(path, content)
    rmSync(path)
  }
  writeSidecar(sidecarPath, content)
  // Exclusive: what another process may have put here meanwhile is not written over.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL
  return { handle: await open(path, flags, 0o666), resumeBytes: 0 }
}

/** Removes the partial file's sidecar. */
export function removeSidecar(path: string): void {
  rmSync(sidecarOf(path), { force: true })
}

/** What is not a whole segment is cut off. */
async function reopen(path: string, { sizeBytes, segmentBytes }: PartialContent): Promise<PartialFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { size } = await handle.stat()
    const resumeBytes = Math.floor(Math.min(size, sizeBytes) / segmentBytes) * segmentBytes
    await handle.truncate(resumeBytes)
    return { handle, resumeBytes }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function readSidecar(path: string): PartialContent | undefined {
  try {
    const sidecar: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isPartialContent(sidecar) ? sidecar : undefined
  } catch {
    return undefined
  }
}

/** It is on the disk soon, not at once: a partial file is worth nothing before some of the content has come. */
function writeSidecar(path: string, content: PartialContent): void {
  rmSync(path, { force: true })
  const file = openSync(path, 'wx')
  try {
    writeFileSync(file, `${JSON.stringify(content)}\n`)
  } finally {
    fsync(file, () => close(file, () => {}))
  }
}

function sidecarOf(path: string): string {
  return `${path}.json`
}

/** By hand: to load a schema library would hold up each fetch by more than a round trip. */
function isPartialContent(value: unknown): value is PartialContent {
  if (typeof value !== 'object' || value === null) return false
  const { rootHash, sizeBytes, segmentBytes } = value as Partial<PartialContent>
  return typeof rootHash === 'string' && typeof sizeBytes === 'number' && typeof segmentBytes === 'number'
}

function isSameContent(a: PartialContent, b: PartialContent): boolean {
  return a.rootHash === b.rootHash && a.sizeBytes === b.sizeBytes && a.segmentBytes === b.segmentBytes
}
