import {
  close,
  closeSync,
  constants,
  fsync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { failpoint } from '../../failpoints.ts'
import type { ByteRange } from '../byte-range.ts'
import {
  OutputNeighborForeignError,
  PartialFileForeignError,
  PartialFileOtherContentError
} from './output-errors.ts'
import type { PartialNames } from './partial-names.ts'
import { type HashTree, isMarkedAsProofs, PartialProofs } from './partial-proofs.ts'

/** Marks every sidecar of ours; a file without this text is not ours. */
const SIDECAR_FORMAT = 'partial file 1'

/** More bytes than a sidecar has: a name of 1024 bytes, each written as six, and a few numbers. */
const MAX_SIDECAR_BYTES = 8 * 1024

/** The content that a partial file belongs to; it stands in the sidecar NAME.part.json. */
export interface PartialContent {
  /** The name under which the content was asked for. */
  name: string
  /** The content's root hash in hex. */
  rootHash: string
  sizeBytes: number
  segmentBytes: number
  /** The bytes of the content that the file is to hold, where these are not all. */
  range?: ByteRange
}

/** The content of a sidecar file. */
interface Sidecar extends PartialContent {
  anabranch: typeof SIDECAR_FORMAT
}

/** An open partial file, and whether another run has left it. */
export interface PartialFile {
  handle: FileHandle
  proofs: PartialProofs
  /** Where another run has left it: whether that was said of this content, or its hashes have to show it. */
  left: 'said' | 'unsaid' | undefined
}

/** What stands beside a partial file and says what it is. */
interface Marks {
  /** What the sidecar says; undefined where it is not there, was never written whole, or is damaged. */
  sidecar: PartialContent | undefined
  /** Whether a file of hashes is there that some run of this program has made. */
  hasProofs: boolean
}

/**
 * Opens the partial file: the one that an earlier run has left of the same content, else a new one.
 * A partial file of another content, and a file that is not ours, are replaced only with `force`; a
 * file beside it that is not ours never is. Where the file is left `unsaid`, and nothing in it
 * proves to be of the content, the caller is to keep off.
 * Throws PartialFileForeignError, PartialFileOtherContentError, OutputNeighborForeignError and the
 * file system's errors.
 */
export async function openPartial(
  names: PartialNames,
  content: PartialContent,
  tree: HashTree,
  force: boolean
): Promise<PartialFile> {
  const path = names.partial
  const marks = readMarks(names)
  const { sidecar } = marks
  // Calls that only look at names are synchronous: waiting for a thread takes longer than the call,
  // and the fetch waits for it.
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present !== undefined) {
    const mayBeOurs = present.isFile() && (sidecar !== undefined || marks.hasProofs)
    if (!mayBeOurs && !force) throw new PartialFileForeignError(path)
    if (mayBeOurs && present.size > 0) {
      if (!sidecar) return await opened(names, tree, constants.O_NOFOLLOW, 'unsaid')
      if (isContinuedBy(sidecar, content)) {
        if (sidecar.rootHash !== content.rootHash) writeSidecar(names.sidecar, content)
        return await opened(names, tree, constants.O_NOFOLLOW, 'said')
      }
      if (!force) throw new PartialFileOtherContentError(path, { name: sidecar.name, bytes: present.size })
    }
  }
  return await makePartial(names, content, tree)
}

/** Makes a new partial file in place of what is there, or leaves nothing. Throws the file system's errors. */
export async function makePartial(
  names: PartialNames,
  content: PartialContent,
  tree: HashTree
): Promise<PartialFile> {
  removePartial(names)
  try {
    failpoint('client.beforeSidecar')
    writeSidecar(names.sidecar, content)
    failpoint('client.afterSidecar')
    // O_EXCL makes sure that we do not write over a file that another process has put here meanwhile.
    return await opened(names, tree, constants.O_CREAT | constants.O_EXCL, undefined)
  } catch (error) {
    // EEXIST: what is there by now is somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') removePartial(names)
    throw error
  }
}

/**
 * Whether the file at `target` is finished and what stands beside it is left of a run that was
 * killed while it put that file into place. The partial file may then be a second name of the
 * finished one, and whoever went on with it would write into that.
 */
export function isFinished(names: PartialNames, target: string): boolean {
  const [finished, partial, sidecar] = [target, names.partial, names.sidecar].map(name =>
    lstatSync(name, { bigint: true, throwIfNoEntry: false })
  )
  if (!finished?.isFile() || !sidecar?.isFile()) return false
  if (partial && (partial.ino !== finished.ino || partial.dev !== finished.dev)) return false
  return parseSidecar(readFileSync(names.sidecar, 'utf8')) !== undefined
}

/** Removes the partial file, where it is there, and what stands beside it. */
export function removePartial(names: PartialNames): void {
  rmSync(names.partial, { force: true })
  removeMarks(names)
}

/** Removes what stands beside the partial file; last that by which a run that is killed meanwhile is known. */
export function removeMarks({ proofs, sidecar }: PartialNames): void {
  rmSync(proofs, { force: true })
  rmSync(sidecar, { force: true })
}

/** Writes the sidecar without a sync: a partial file is worth nothing before some of the content has come. */
export function writeSidecar(path: string, content: PartialContent): void {
  rmSync(path, { force: true })
  const file = openSync(path, 'wx')
  try {
    writeFileSync(file, `${JSON.stringify({ anabranch: SIDECAR_FORMAT, ...content })}\n`)
  } finally {
    fsync(file, () => close(file, () => {}))
  }
}

async function opened(
  names: PartialNames,
  tree: HashTree,
  flags: number,
  left: PartialFile['left']
): Promise<PartialFile> {
  const handle = await open(names.partial, constants.O_RDWR | flags, 0o666)
  try {
    return { handle, proofs: await PartialProofs.open(names.proofs, tree), left }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads what stands beside a partial file. A file that is damaged is known to be ours by the other
 * one. Throws OutputNeighborForeignError for a file that nothing shows to be ours.
 */
function readMarks(names: PartialNames): Marks {
  const [sidecarText, proofsText] = [names.sidecar, names.proofs].map(beginningOf)
  const sidecar = parseSidecar(sidecarText?.toString() ?? '')
  const hasProofs = proofsText !== undefined && isMarkedAsProofs(proofsText)
  // A run that was killed before it wrote anything leaves empty files.
  if (sidecarText?.length && !sidecar && !hasProofs) throw new OutputNeighborForeignError(names.sidecar)
  if (proofsText?.length && !hasProofs && !sidecar) throw new OutputNeighborForeignError(names.proofs)
  return { sidecar, hasProofs }
}

/** The first bytes of a file; undefined where there is none. Throws OutputNeighborForeignError for what is no file. */
function beginningOf(path: string): Buffer | undefined {
  const present = lstatSync(path, { throwIfNoEntry: false })
  if (present === undefined) return undefined
  if (!present.isFile()) throw new OutputNeighborForeignError(path)
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const beginning = Buffer.alloc(MAX_SIDECAR_BYTES)
    return beginning.subarray(0, readSync(file, beginning, 0, beginning.length, 0))
  } finally {
    closeSync(file)
  }
}

function parseSidecar(text: string): PartialContent | undefined {
  try {
    const sidecar: unknown = JSON.parse(text)
    return isPartialContent(sidecar) ? sidecar : undefined
  } catch {
    return undefined
  }
}

/** Checks a sidecar by hand: loading a schema library would hold up each fetch by more than a round trip. */
function isPartialContent(value: unknown): value is PartialContent {
  if (typeof value !== 'object' || value === null) return false
  const { anabranch, name, rootHash, sizeBytes, segmentBytes, range } = value as Partial<Sidecar>
  return (
    anabranch === SIDECAR_FORMAT &&
    typeof name === 'string' &&
    typeof rootHash === 'string' &&
    typeof sizeBytes === 'number' &&
    typeof segmentBytes === 'number' &&
    (range === undefined || (typeof range?.start === 'number' && typeof range.end === 'number'))
  )
}

/**
 * Whether what was kept of content `a` is gone on with for `b`. A source that cuts the same bytes
 * into segments of another size gives them another root hash; whether they are the same shows when
 * all are here.
 */
function isContinuedBy(a: PartialContent, b: PartialContent): boolean {
  if (a.sizeBytes !== b.sizeBytes) return false
  if (a.range?.start !== b.range?.start || a.range?.end !== b.range?.end) return false
  return a.rootHash === b.rootHash || (a.name === b.name && a.segmentBytes !== b.segmentBytes)
}
