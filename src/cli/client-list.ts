import type { Command } from 'commander'
import { ExitCode, UsageError } from '../errors.ts'
import { listPattern } from '../library/name-pattern.ts'
import { toHex } from '../protocol/bytes.ts'
import type { ListedContent } from '../protocol/director-messages.ts'
import { formatBytes } from '../units/units.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, defineCommand } from './command.ts'
import { CLIENT_NODE_SETTINGS, DIRECTOR_SETTINGS, GENERAL_SETTINGS } from './common-settings.ts'
import type { Reporter } from './reporter.ts'
import { table } from './text-table.ts'
import { readToken } from './token.ts'

const SETTINGS = {
  ...DIRECTOR_SETTINGS,
  from: QUESTION_SETTINGS.from,
  ...CLIENT_NODE_SETTINGS,
  ...GENERAL_SETTINGS
}

/** `client list [PATTERN]`: which contents a director knows. */
export function clientList(run: CliRun): Command {
  return defineCommand(
    {
      name: 'list',
      alias: 'ls',
      summary: 'list the contents that a director knows, with sizes and numbers of sources',
      role: 'client',
      argument: {
        name: 'PATTERN',
        help: 'a name, a directory such as photos/ or a glob such as "logs/*.gz"; default all',
        isOptional: true
      },
      settings: SETTINGS,
      run: async (values, { reporter, environment }, text) => {
        const { director } = values
        if (director.length === 0) throw new UsageError('Say whom to ask with --director ADDRESS')
        const { listContents } = await import('../discovery/content-list.ts')
        const { NothingFitsError } = await import('../discovery/director-errors.ts')
        const { createNode } = await import('../transport/node.ts')
        const pattern = listPattern(text)
        const { from } = await wantedContent({ from: values.from, root: undefined })
        const question = {
          prefix: pattern.prefix,
          ...(from ? { source: from } : {}),
          ...(await readToken(values, environment))
        }
        const node = await createNode(await clientNodeOptions(values, environment))
        try {
          const { contents, isComing } = await listContents(node, director, question, {
            isWanted: pattern.fits
          })
          if (contents.length === 0 && text !== '') throw new NothingFitsError(text, isComing)
          if (contents.length === 0) reporter.note('the director knows no contents')
          else print(reporter, contents)
          if (isComing) reporter.note('a source is still indexing its files: there may be more')
          return ExitCode.ok
        } finally {
          await node.stop()
        }
      }
    },
    run
  )
}

function print(reporter: Reporter, contents: readonly ListedContent[]): void {
  const figures = table(contents.map(({ sizeBytes, sources }) => [sizeText(sizeBytes), String(sources)]))
  for (const [at, { name, sizeBytes, rootHash, sources }] of contents.entries()) {
    const listed = {
      name,
      ...(sizeBytes === undefined ? { isLive: true } : { bytes: sizeBytes }),
      rootHash: toHex(rootHash),
      sources
    }
    reporter.data({ event: 'listed', ...listed }, `${figures[at]}  ${name}`)
  }
}

function sizeText(sizeBytes: number | undefined): string {
  return sizeBytes === undefined ? 'live' : formatBytes(sizeBytes)
}
