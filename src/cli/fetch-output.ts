import type { Output } from '../client/output/output.ts'
import { WrongSha256Error } from '../client/output/output-errors.ts'
import { outputTarget } from '../client/output/output-target.ts'
import { toHex } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
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

/**
 * Opens the output of a content and tells what it is; people see it from the given verbosity on.
 * Throws as openFileOutput does.
 */
export async function openOutput(
  record: ContentRecord,
  target: string,
  { force, verbose, sha256 }: Pick<FetchValues, 'force' | 'verbose' | 'sha256'>,
  reporter: Reporter,
  signal: AbortSignal,
  fromVerbosity = 0
): Promise<Output> {
  const { openFileOutput, openStdoutOutput } = await import('../client/output/open-output.ts')
  const { name, sizeBytes, segmentBytes, rootHash, modifiedAtMs, sourcePeerId } = record
  const output = isStdout(target)
    ? openStdoutOutput()
    : await openFileOutput({
        ...{ name, path: target, force, sizeBytes, segmentBytes, rootHash, signal },
        ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }),
        ...(sha256 === undefined ? {} : { sha256 })
      })
  if (sha256 !== undefined) checkAtEnd(output, target, sha256)
  const { resumeBytes, wrongBytes = 0 } = output
  const source = verbose > 0 ? sourcePeerId : shortPeer(sourcePeerId)
  const resumed = resumeBytes > 0 ? `, going on from ${formatBytes(resumeBytes)}` : ''
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
      resumeBytes,
      wrongBytes
    },
    `${JSON.stringify(name)}: ${formatBytes(sizeBytes)} at ${source}${output.isPresent ? '' : resumed}${wrong}`,
    fromVerbosity
  )
  return output
}

/** Lets the end of the output fail where the bytes are others than is wanted, also where they are out already. */
function checkAtEnd(output: Output, target: string, wanted: string): void {
  const finish = output.finish.bind(output)
  output.finish = async () => {
    const { sha256 } = await finish()
    if (sha256 !== wanted) throw new WrongSha256Error(target, sha256)
    return { sha256 }
  }
}
