import { close, constants, fsync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import {
  OutputNeighborForeignError,
  PartialFileForeignError,
  PartialFileOtherContentError
} from './output-errors.ts'

/** Stands in every sidecar; one without it is not ours. */
const SIDECAR_FORMAT = 'partial file 1'

/** What a partial file is a part of; stands beside it as NAME.part.json. */
export interface PartialContent {
  /** What it was fetched as. */
  name: string
  /** In hex. */
  rootHash: string
  sizeBytes: number
  segmentBytes: number
}

/** A partial content as it stands in its sidecar. */
interface Sidecar extends PartialContent {
  anabranch: typeof SIDECAR_FORMAT
}

/** An open partial file and how much of it can be gone on with. */
export interface PartialFile {
  handle: FileHandle
  /** Whole segments. */
  resumeBytes: number
}

/** The names that a fetch into a file uses until it is complete. */
export function partialPaths(path: string): { partial: string; sidecar: string; lock: string } {
  const partial = `${path}.part`
  return { partial, sidecar: sidecarOf(partial), lock: `${partial}.lock` }
}

/**
 * Opens the partial file at `path`: an earlier run's of the same content, else a new one. What an earlier run left of another
 * content, and a file that is not ours, are replaced only with `force`; a sidecar that is not ours never is.
 * Throws PartialFileForeignError, PartialFileOtherContentError, OutputNeighborForeignError and the file system's errors.
 */
export async function openPartial(
  path: string,
  content: PartialContent,
  force: boolean
): Promise<PartialFile> {
  const sidecar = readSidecar(sidecarOf(path))
  // Without a thread, as all that only looks at names: to wait for one takes longer than the call, and the fetch waits.
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present !== undefined) {
    const isOurs = present.isFile() && sidecar !== undefined
    if (!isOurs && !force) throw new PartialFileForeignError(path)
    if (isOurs && isSameContent(sidecar, content)) return await reopen(path, content)
    if (isOurs && !force && present.size > 0) {
      throw new PartialFileOtherContentError(path, { name: sidecar.name, bytes: present.size })
    }
    rmSync(path)
  }
  writeSidecar(sidecarOf(path), content)
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

/** Undefined where there is none. Throws OutputNeighborForeignError for something else of that name. */
function readSidecar(path: string): PartialContent | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return undefined
  const sidecar = present.isFile() ? parseSidecar(readFileSync(path, 'utf8')) : undefined
  // A run that was killed before it wrote anything leaves an empty one.
  const isEmpty = present.isFile() && present.size === 0
  if (sidecar === undefined && !isEmpty) throw new OutputNeighborForeignError(path)
  return sidecar
}

function parseSidecar(text: string): PartialContent | undefined {
  try {
    const sidecar: unknown = JSON.parse(text)
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
    writeFileSync(file, `${JSON.stringify({ anabranch: SIDECAR_FORMAT, ...content })}\n`)
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
  const { anabranch, name, rootHash, sizeBytes, segmentBytes } = value as Partial<Sidecar>
  return (
    anabranch === SIDECAR_FORMAT &&
    typeof name === 'string' &&
    typeof rootHash === 'string' &&
    typeof sizeBytes === 'number' &&
    typeof segmentBytes === 'number'
  )
}

function isSameContent(a: PartialContent, b: PartialContent): boolean {
  return a.rootHash === b.rootHash && a.sizeBytes === b.sizeBytes && a.segmentBytes === b.segmentBytes
}
