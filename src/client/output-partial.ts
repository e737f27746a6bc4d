import { constants } from 'node:fs'
import { type FileHandle, lstat, open, readFile, rm } from 'node:fs/promises'
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
  const present = await lstat(path).catch(ignoreMissing)
  if (present !== undefined) {
    const sidecar = present.isFile() ? await readSidecar(sidecarPath) : undefined
    if (sidecar === undefined && !force) throw new PartialFileForeignError(path)
    if (sidecar !== undefined && isSameContent(sidecar, content)) return await reopen(path, content)
    await rm(path)
  }
  await writeSidecar(sidecarPath, content)
  // Exclusive: what another process may have put here meanwhile is not written over.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL
  return { handle: await open(path, flags, 0o666), resumeBytes: 0 }
}

/** Removes the partial file's sidecar. */
export async function removeSidecar(path: string): Promise<void> {
  await rm(sidecarOf(path), { force: true })
}

async function reopen(path: string, { sizeBytes, segmentBytes }: PartialContent): Promise<PartialFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  const { size } = await handle.stat()
  return { handle, resumeBytes: Math.floor(Math.min(size, sizeBytes) / segmentBytes) * segmentBytes }
}

async function readSidecar(path: string): Promise<PartialContent | undefined> {
  try {
    const sidecar: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isPartialContent(sidecar) ? sidecar : undefined
  } catch {
    return undefined
  }
}

async function writeSidecar(path: string, content: PartialContent): Promise<void> {
  await rm(path, { force: true })
  await using handle = await open(path, 'wx')
  await handle.writeFile(`${JSON.stringify(content)}\n`)
  await handle.sync()
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

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
