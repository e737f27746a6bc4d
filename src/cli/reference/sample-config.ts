import type { Setting, Settings } from '../settings.ts'
import { wrapped } from './wrapped.ts'

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
  return `${wrapped(notes, '# ')}\n#${key}: ${example}\n`
}
