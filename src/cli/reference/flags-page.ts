import { allCommands, type CommandInfo, type FlagInfo } from './command-tree.ts'
import { wrapped } from './wrapped.ts'

/** Makes the page in Markdown that lists the arguments and flags of all commands. */
export function flagsPage(root: CommandInfo): string {
  const commands = allCommands(root).filter(({ flags }) => flags.length > 0)
  return [
    '# All flags',
    '',
    'This page is made by `npm run reference` from the same texts as `--help`. What the commands do',
    'stands in [commands](commands.md). Each flag can also be given by the environment variable in',
    'brackets, and as a key of a configuration file: `--max-rate` is `maxRate` there. Flags go before',
    'variables, and these before files.',
    ...commands.flatMap(info => [
      '',
      `## ${info.path.join(' ')}`,
      '',
      wrapped(`${info.summary}.`),
      '',
      ...rowsOf(info),
      ...examplesOf(info),
      ...exitCodesOf(info)
    ]),
    ''
  ].join('\n')
}

/** What tells the test of the pages' commands that it reads these and does not run them. */
const NOT_RUN = '<!-- not run: the help tells these; the pages on each task have what is run -->'

function examplesOf({ examples }: CommandInfo): string[] {
  return examples.length === 0
    ? []
    : ['', 'Examples:', '', NOT_RUN, '', ...examples.map(line => `    ${line}`)]
}

function exitCodesOf({ exitCodes }: CommandInfo): string[] {
  const rows = exitCodes.map(([code, meaning]) => `| ${code} | ${meaning} |`)
  return rows.length === 0 ? [] : ['', '| exit code | meaning |', '|---|---|', ...rows]
}

function rowsOf({ arguments: given, flags }: CommandInfo): string[] {
  return [
    '| argument or flag | meaning |',
    '|---|---|',
    ...given.map(({ usage, help }) => row(usage, help)),
    ...flags.map(flag => row(flagText(flag), flag.help))
  ]
}

function row(head: string, help: string): string {
  return `| \`${head}\` | ${help.replaceAll('|', '\\|').replaceAll('<', '&lt;')} |`
}

function flagText({ long, short, value }: FlagInfo): string {
  const names = short ? `${short}, ${long}` : long
  return value === undefined ? names : `${names} ${value}`
}
