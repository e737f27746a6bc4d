import { close, constants, fsync, lstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { failpoint } from '../../failpoints.ts'
import {
  OutputNeighborForeignError,
  PartialFileForeignError,
  PartialFileOtherContentError
} from './output-errors.ts'

/** Marks every sidecar of ours; a file without this text is not ours. */
const SIDECAR_FORMAT = 'partial file 1'

/** The content that a partial file belongs to; it stands in the sidecar NAME.part.json. */
export interface PartialContent {
  /** The name under which the content was asked for. */
  name: string
  /** The content's root hash in hex. */
  rootHash: string
  sizeBytes: number
  segmentBytes: number
}

/** The content of a sidecar file. */
interface Sidecar extends PartialContent {
  anabranch: typeof SIDECAR_FORMAT
}

/** An open partial file and the number of its bytes that can be kept. */
export interface PartialFile {
  handle: FileHandle
  /** Bytes to keep: a whole number of segments. */
  resumeBytes: number
}

/** The names of the files that a fetch into `path` uses until it is complete. */
export function partialPaths(path: string): { partial: string; sidecar: string; lock: string } {
  const partial = `${path}.part`
  return { partial, sidecar: sidecarOf(partial), lock: `${partial}.lock` }
}

/**
 * Opens the partial file at `path`: the one that an earlier run has left of the same content, else
 * a new one. A partial file of another content, and a file that is not ours, are replaced only with
 * `force`; a sidecar that is not ours never is.
 * Throws PartialFileForeignError, PartialFileOtherContentError, OutputNeighborForeignError and the
 * file system's errors.
 */
export async function openPartial(
  path: string,
  content: PartialContent,
  force: boolean
): Promise<PartialFile> {
  const sidecar = readSidecar(sidecarOf(path))
  // Calls that only look at names are synchronous: waiting for a thread takes longer than the call,
  // and the fetch waits for it.
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
  failpoint('client.beforeSidecar')
  writeSidecar(sidecarOf(path), content)
  failpoint('client.afterSidecar')
  // O_EXCL makes sure that we do not write over a file that another process has put here meanwhile.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL
  return { handle: await open(path, flags, 0o666), resumeBytes: 0 }
}

/**
 * Whether the file at `target` is finished and what stands beside it is left of a run that was
 * killed while it put that file into place. The partial file at `path` may then be a second name of
 * the finished one, and whoever went on with it would write into that.
 */
export function isFinished(path: string, target: string): boolean {
  const [finished, partial, sidecar] = [target, path, sidecarOf(path)].map(name =>
    lstatSync(name, { bigint: true, throwIfNoEntry: false })
  )
  if (!finished?.isFile() || !sidecar?.isFile()) return false
  if (partial && (partial.ino !== finished.ino || partial.dev !== finished.dev)) return false
  return parseSidecar(readFileSync(sidecarOf(path), 'utf8')) !== undefined
}

/** Removes the partial file, where it is there, and its sidecar. */
export function removePartial(path: string): void {
  rmSync(path, { force: true })
  removeSidecar(path)
}

/** Removes the partial file's sidecar. */
export function removeSidecar(path: string): void {
  rmSync(sidecarOf(path), { force: true })
}

/** Opens an existing partial file and cuts off an incomplete last segment. */
async function reopen(path: string, { sizeBytes, segmentBytes }: PartialContent): Promise<PartialFile> {
  const handle = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { size } = await handle.stat()
    const resumeBytes = Math.floor(Math.min(size, sizeBytes) / segmentBytes) * segmentBytes
    await handle.truncate(resumeBytes)
    failpoint('client.resumed')
    return { handle, resumeBytes }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads a sidecar; undefined where there is none. Throws OutputNeighborForeignError for anything
 * else of that name.
 */
function readSidecar(path: string): PartialContent | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return undefined
  const sidecar = present.isFile() ? parseSidecar(readFileSync(path, 'utf8')) : undefined
  // A run that was killed before it wrote anything leaves an empty sidecar.
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

/** Writes the sidecar without a sync: a partial file is worth nothing before some of the content has come. */
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

/** Checks a sidecar by hand: loading a schema library would hold up each fetch by more than a round trip. */
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
