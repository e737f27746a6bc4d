import type { ByteRange } from '../client/byte-range.ts'
import type { Output } from '../client/output/output.ts'
import { outputTarget } from '../client/output/output-target.ts'
import { toHex } from '../protocol/bytes.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes } from '../units/units.ts'
import type { FetchValues } from './fetch-settings.ts'
import type { Reporter } from './reporter.ts'

/** Whether the content goes to this program's own standard output, under one of its names. */
export function isStdout(target: string): boolean {
  if (target === '-') return true
  const found = outputTarget(target)
  return found.kind === 'descriptor' && found.descriptor === 1
}

/** A content, and its bytes that are to come where these are not all. */
export interface WantedContent {
  record: ContentRecord
  range?: ByteRange | undefined
}

/**
 * Opens the output of a content and tells what it is; people see it from the given verbosity on.
 * Throws as openFileOutput does.
 */
export async function openOutput(
  { record, range }: WantedContent,
  target: string,
  { verbose, ...values }: Pick<FetchValues, 'force' | 'verbose' | 'checksum' | 'sha256'>,
  reporter: Reporter,
  signal: AbortSignal,
  fromVerbosity = 0
): Promise<Output> {
  const { name, sizeBytes, segmentBytes, rootHash, sourcePeerId } = record
  const output = await outputFor({ record, range }, target, values, signal)
  const { resumeBytes, wrongBytes = 0 } = output
  const source = verbose > 0 ? sourcePeerId : shortPeer(sourcePeerId)
  const resumed = resumeBytes > 0 ? `, going on from ${formatBytes(resumeBytes)}` : ''
  const sizeText = isLive(record) ? 'live' : formatBytes(sizeBytes)
  const extentText = range ? `bytes ${range.start}-${range.end - 1} of ${sizeText}` : sizeText
  const wrong =
    wrongBytes > 0 ? `; ${formatBytes(wrongBytes)} of what was there are wrong and come again` : ''
  reporter.tell(
    {
      event: 'content',
      name,
      bytes: sizeBytes,
      segmentBytes,
      rootHash: toHex(rootHash),
      source: sourcePeerId,
      ...(range ? { range } : {}),
      resumeBytes,
      wrongBytes
    },
    `${JSON.stringify(name)}: ${extentText} at ${source}${output.isPresent ? '' : resumed}${wrong}`,
    fromVerbosity
  )
  return output
}

async function outputFor(
  { record, range }: WantedContent,
  target: string,
  { force, checksum, sha256 }: Pick<FetchValues, 'force' | 'checksum' | 'sha256'>,
  signal: AbortSignal
): Promise<Output> {
  const { openOutputOf, openStdoutOutput } = await import('../client/output/open-output.ts')
  const sum = { checksum, ...(sha256 === undefined ? {} : { sha256 }) }
  if (isStdout(target)) return openStdoutOutput(sum)
  return await openOutputOf(record, { ...sum, path: target, force, signal, ...(range ? { range } : {}) })
}
