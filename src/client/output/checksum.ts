import type { FinishedOutput } from './output.ts'
import { WrongSha256Error } from './output-errors.ts'

/** Whether the SHA-256 of all bytes of an output is made, and which one is wanted. */
export interface ChecksumOptions {
  /** Whether it is made, which costs about half as much again as checking the bytes. Default: false. */
  checksum?: boolean
  /** The one that is wanted, in lower-case hex; it is made in any case then. Default: any. */
  sha256?: string
}

export function makesChecksum({ checksum = false, sha256 }: ChecksumOptions): boolean {
  return checksum || sha256 !== undefined
}

/**
 * What is told of an output whose SHA-256 is `found`, where it was made. Throws WrongSha256Error where another one is
 * wanted; `partialPath` as there.
 */
export function finishedWith(
  found: string | undefined,
  { sha256: wanted }: ChecksumOptions,
  path: string,
  partialPath?: string
): FinishedOutput {
  if (found === undefined) return {}
  if (wanted !== undefined && found !== wanted) throw new WrongSha256Error(path, found, partialPath)
  return { sha256: found }
}
