import type { CommandInfo, FlagInfo } from './command-tree.ts'

/** The name of a command's page, such as `anabranch-client-fetch`. */
export function manPageName({ path }: CommandInfo): string {
  return path.join('-')
}

/** Makes a command's page of section 1 of the manual, in roff. `version` is that of the program. */
export function manPage(info: CommandInfo, version: string): string {
  const { path, summary, flags, commands } = info
  const sections = [
    `.TH ${manPageName(info).toUpperCase()} 1 "" "anabranch ${version}"`,
    `.SH NAME\n${manPageName(info)} \\- ${text(summary)}`,
    `.SH SYNOPSIS\n.B ${path.join(' ')}\n${text(usageOf(info))}`,
    section(
      'ARGUMENTS',
      info.arguments.map(({ usage, help }) => item(text(usage), help))
    ),
    section(
      'COMMANDS',
      commands.map(command => item(`.B ${command.path.at(-1)}`, command.summary))
    ),
    section(
      'OPTIONS',
      flags.map(flag => item(`\\fB${flagText(flag)}\\fR`, flag.help))
    ),
    section(
      'EXAMPLES',
      info.examples.map(line => `.PP\n.EX\n${text(line)}\n.EE`)
    ),
    section(
      'EXIT STATUS',
      info.exitCodes.map(([code, meaning]) => item(String(code), meaning))
    ),
    section(
      'SEE ALSO',
      commands.length > 0 ? [commands.map(each => `.BR ${manPageName(each)} (1)`).join('\n')] : []
    )
  ]
  return `${sections.filter(Boolean).join('\n')}\n`
}

function usageOf({ arguments: given, flags, commands }: CommandInfo): string {
  const parts = [
    ...(flags.length > 0 ? ['[OPTIONS]'] : []),
    ...given.map(({ usage }) => usage),
    ...(commands.length > 0 ? ['COMMAND'] : [])
  ]
  return parts.join(' ')
}

function section(title: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `.SH ${title}\n${parts.join('\n')}`
}

function item(head: string, help: string): string {
  return `.TP\n${head}\n${text(help)}`
}

function flagText({ long, short, value }: FlagInfo): string {
  const flags = [short, long].filter(Boolean).map(flag => text(flag!))
  return `${flags.join(', ')}${value === undefined ? '' : ` \\fI${text(value)}`}`
}

/** Plain text, in which roff sees no commands. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')
}
