import type { Setting, Settings } from '../settings.ts'

/** Settings that do not stand in a file. */
const NOT_IN_FILE = ['config']

/**
 * Makes a configuration file for a command in which every setting stands as a comment, with what it means and what it is
 * where nobody sets it.
 */
export function sampleConfig(command: string, settings: Settings): string {
  const head = `# Settings of \`${command}\`: each line is the default, or an example in capitals. Remove the # to set one.\n`
  const entries = Object.entries(settings).filter(([key]) => !NOT_IN_FILE.includes(key))
  return [head, ...entries.map(([key, setting]) => entryOf(key, setting))].join('\n')
}

function entryOf(key: string, { help, value, many, fallbackText }: Setting<unknown>): string {
  const notes = [help, ...(fallbackText ? [`default: ${fallbackText}`] : [])].join('; ')
  const example = value === undefined ? (many ? '0' : 'false') : many ? `[${value}]` : value
  return `${wrapped(notes)}\n#${key}: ${example}\n`
}

/** As comments of at most 100 columns. */
function wrapped(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 100) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`# ${word}`)
  }
  return lines.join('\n')
}
