import { matchesGlob } from 'node:path'
import type { ListRequest } from '../client/fetch-options.ts'
import { parseContentName } from '../protocol/content-name.ts'

/** The signs of a glob, and the beginning of a group such as `!(a|b)`. */
const GLOB_SIGN = /[*?[{]|[!+@]\(/

/** Which contents a user means. */
export type NamePattern = ListRequest['pattern']

/**
 * Reads a pattern: a directory such as `photos/`, which stands for all that is below it, or a glob
 * such as `logs/*.gz`, in which `**` stands for any number of directories. As in a shell, `*` fits
 * no name that begins with a dot. A content whose name is the text itself fits, too. Returns
 * undefined for a text that can be a name only. Throws InvalidContentNameError for what fits no name.
 */
export function namePattern(text: string): NamePattern | undefined {
  const sign = GLOB_SIGN.exec(text)
  if (sign === null && !text.endsWith('/')) return undefined
  parseContentName(text.replace(/\/$/, ''))
  if (sign === null) return { text, prefix: text, fits: name => name.startsWith(text) }
  const glob = text.endsWith('/') ? `${text}**` : text
  return { text, prefix: text.slice(0, sign.index), fits: name => name === text || matchesGlob(name, glob) }
}

/**
 * Reads what contents are to be listed by: a pattern, else a name or a directory, with or without a
 * slash at its end; an empty text stands for all. Throws as `namePattern` does.
 */
export function listPattern(given: string): NamePattern {
  const text = given.normalize('NFC')
  return (
    namePattern(text) ?? {
      text,
      prefix: text,
      fits: name => text === '' || name === text || name.startsWith(`${text}/`)
    }
  )
}
