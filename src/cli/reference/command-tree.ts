import type { Command, Option } from 'commander'
import { notesOf, wordsOf } from '../help-notes.ts'

/** One flag of a command. */
export interface FlagInfo {
  /** With its dashes, such as `--max-rate`. */
  long: string
  /** The one-letter form with its dash, such as `-o`. */
  short?: string
  /** Name of its value, such as `RATE`; absent for a switch. */
  value?: string
  /** The words that its value can be; empty where it can be others. */
  words: readonly string[]
  help: string
}

/** A command as its help describes it. */
export interface CommandInfo {
  /** Its words, such as `['anabranch', 'client', 'fetch']`. */
  path: string[]
  /** Other names for the last word of it. */
  aliases: readonly string[]
  summary: string
  /** Its arguments as they stand in its usage, such as `<NAME>` and `[FILE]`. */
  arguments: { usage: string; help: string }[]
  flags: FlagInfo[]
  /** Command lines as they are typed. */
  examples: readonly string[]
  /** Exit codes that matter to scripts, each with what it means. */
  exitCodes: readonly (readonly [code: number, meaning: string])[]
  commands: CommandInfo[]
}

/** Describes a command and all below it. */
export function describeCommand(command: Command, above: readonly string[] = []): CommandInfo {
  const path = [...above, command.name()]
  const { examples = [], exitCodes = [] } = notesOf(command)
  return {
    path,
    aliases: command.aliases(),
    summary: command.description(),
    arguments: command.registeredArguments.map(argument => ({
      usage: usageOf(argument.name(), argument.required, argument.variadic),
      help: argument.description
    })),
    flags: [...command.options].map(flagOf),
    examples,
    exitCodes,
    commands: command.commands.map(below => describeCommand(below, path))
  }
}

/** A command and all below it, each before those below it. */
export function allCommands(info: CommandInfo): CommandInfo[] {
  return [info, ...info.commands.flatMap(allCommands)]
}

function usageOf(name: string, isRequired: boolean, isMany: boolean): string {
  const text = isMany ? `${name}...` : name
  return isRequired ? `<${text}>` : `[${text}]`
}

function flagOf(option: Option): FlagInfo {
  const { long, short, flags, description } = option
  const value = /<([^>]+)>/.exec(flags)?.[1]
  return {
    long: long!,
    ...(short ? { short } : {}),
    ...(value === undefined ? {} : { value }),
    words: wordsOf(option),
    help: description
  }
}
