import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { AnabranchError, ExitCode, UsageError } from '../errors.ts'
import { diskCause, diskRemedy } from '../files/disk-faults.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, defineCommand } from './command.ts'
import { CLIENT_NODE_SETTINGS, DIRECTOR_SETTINGS, GENERAL_SETTINGS } from './common-settings.ts'
import { targetOf } from './fetch-targets.ts'
import type { Reporter } from './reporter.ts'
import type { Values } from './settings.ts'
import { readToken } from './token.ts'

const SETTINGS = {
  ...DIRECTOR_SETTINGS,
  from: QUESTION_SETTINGS.from,
  root: QUESTION_SETTINGS.root,
  ...CLIENT_NODE_SETTINGS,
  ...GENERAL_SETTINGS
}

/** The file that is to be looked at cannot be read. */
class FileReadError extends AnabranchError {
  constructor(path: string, cause: unknown) {
    super('ERR_FILE_READ', `cannot read ${path}: ${diskCause(cause)}; ${diskRemedy(cause)}`, {
      exitCode: ExitCode.disk,
      cause
    })
  }
}

/** `client verify NAME [FILE]`: whether a file is a content, as the record of its source says. */
export function clientVerify(run: CliRun): Command {
  return defineCommand(
    {
      name: 'verify',
      summary: 'hold a file on disk against a content that a director knows; nothing is fetched',
      role: 'client',
      argument: { name: 'NAME', help: 'name of the content' },
      secondArgument: {
        name: 'FILE',
        help: "the file, or the directory in which it has the name's last part; default the current one"
      },
      settings: SETTINGS,
      run: async (values, { reporter, environment }, text, file) => {
        if (values.director.length === 0) throw new UsageError('Say whom to ask with --director ADDRESS')
        const { parseContentName } = await import('../protocol/content-name.ts')
        const name = parseContentName(text.normalize('NFC'))
        const path = targetOf(name, file)
        sizeOf(path)
        const record = await askRecord(name, values, environment)
        return await verify(path, record, reporter)
      }
    },
    run
  )
}

async function askRecord(
  name: string,
  values: Values<typeof SETTINGS>,
  environment: NodeJS.ProcessEnv
): Promise<ContentRecord> {
  const { queryRoutes } = await import('../discovery/director-client.ts')
  const { createNode } = await import('../transport/node.ts')
  const { from, rootHash } = await wantedContent(values)
  const question = {
    content: rootHash ? { rootHash } : { name },
    routes: 1,
    ...(from ? { source: from } : {}),
    ...(await readToken(values, environment))
  }
  const node = await createNode(await clientNodeOptions(values, environment))
  try {
    return (await queryRoutes(node, values.director, question)).record
  } finally {
    await node.stop()
  }
}

async function verify(path: string, record: ContentRecord, reporter: Reporter): Promise<number> {
  const { digestIfSame } = await import('../client/output/present-output.ts')
  const bytes = sizeOf(path)
  const digest = await digestIfSame({ ...record, path }).catch(error => {
    throw new FileReadError(path, error)
  })
  const isSame = digest !== undefined
  const name = JSON.stringify(record.name)
  const difference =
    bytes === record.sizeBytes
      ? `it has its size, ${bytes} bytes, and other bytes`
      : `it has ${bytes} bytes, and not ${record.sizeBytes}`
  const text = isSame ? `${path} is ${name}, ${bytes} bytes` : `${path} is not ${name}: ${difference}`
  reporter.data({ event: 'verified', name: record.name, path, bytes, isSame }, text)
  return isSame ? ExitCode.ok : ExitCode.integrity
}

/** Throws UsageError where there is no file, and FileReadError. */
function sizeOf(path: string): number {
  try {
    const stats = statSync(path)
    if (stats.isFile()) return stats.size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new FileReadError(path, error)
    throw new UsageError(`${path} does not exist; give the file behind the content's name`, error)
  }
  throw new UsageError(`${path} is no file; give one behind the content's name`)
}
