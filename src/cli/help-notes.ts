import type { Command, Option } from 'commander'

/** What the help of a command says behind its flags. */
export interface HelpNotes {
  /** Command lines as they are typed, under the full name of the program. */
  examples?: readonly string[]
  /** Exit codes that matter to scripts, each with what it means. */
  exitCodes?: readonly (readonly [code: number, meaning: string])[]
}

const NOTES = new WeakMap<Command, HelpNotes>()
const WORDS = new WeakMap<Option, readonly string[]>()

/** Has the help of a command, and all pages that are made of it, end in these notes. */
export function addNotes(command: Command, notes: HelpNotes): Command {
  NOTES.set(command, notes)
  return command.addHelpText('after', () => `\n${notesText(notes)}`)
}

/** The notes that a command was given; empty without any. */
export function notesOf(command: Command): HelpNotes {
  return NOTES.get(command) ?? {}
}

/** Has shells complete the flag's value by these words. */
export function addWords(option: Option, words: readonly string[]): Option {
  WORDS.set(option, words)
  return option
}

/** The words that a flag's value can be; empty where it can be others. */
export function wordsOf(option: Option): readonly string[] {
  return WORDS.get(option) ?? option.argChoices ?? []
}

function notesText({ examples = [], exitCodes = [] }: HelpNotes): string {
  const parts = [
    ...(examples.length === 0 ? [] : ['Examples:\n', ...examples.map(line => `  ${line}\n`)]),
    ...(exitCodes.length === 0 ? [] : [examples.length === 0 ? '' : '\n', 'Exit codes:\n']),
    ...exitCodes.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}\n`)
  ]
  return parts.join('').trimEnd()
}
