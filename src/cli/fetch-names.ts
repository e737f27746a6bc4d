import { readFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { ConfigurationError, UsageError } from '../errors.ts'
import { type NamePattern, namePattern } from '../library/name-pattern.ts'
import { InvalidContentNameError, parseContentName } from '../protocol/content-name.ts'
import type { FetchValues } from './fetch-settings.ts'

/** What a user asks for: contents by their names, and patterns that stand for some. */
export interface AskedNames {
  names: string[]
  patterns: NamePattern[]
  /** Whether there may be several, however many there prove to be. */
  areSeveral: boolean
}

/**
 * Reads the arguments, each a name or a pattern, and the file of names, if there is one. Throws
 * UsageError, ConfigurationError and InvalidContentNameError.
 */
export async function askedNames(
  texts: readonly string[],
  { inputFile, root, source }: Pick<FetchValues, 'inputFile' | 'root' | 'source'>
): Promise<AskedNames> {
  const given = texts.map(text => text.normalize('NFC'))
  // A root hash is of one content, and without a director nobody knows which there are.
  const isLiteral = root !== undefined || source.length > 0
  const patternOf = (text: string) => (isLiteral ? undefined : namePattern(text))
  const patterns = given.flatMap(text => patternOf(text) ?? [])
  const names = given.filter(text => !patternOf(text)).map(parseContentName)
  const listed = inputFile === undefined ? [] : await readNameFile(inputFile)
  const areSeveral = inputFile !== undefined || patterns.length > 0 || names.length > 1
  if (given.length === 0 && inputFile === undefined)
    throw new UsageError('Say what to fetch: NAME, or --input-file LIST')
  return { names: [...names, ...listed], patterns, areSeveral }
}

/**
 * Reads names from a file, or from standard input for `-`: one a line, taken as it stands. Empty
 * lines and those that begin with # are left out. Throws ConfigurationError and UsageError.
 */
async function readNameFile(path: string): Promise<string[]> {
  const lines = (await textFrom(path)).replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((line, at) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    try {
      return [parseContentName(line.normalize('NFC'))]
    } catch (error) {
      if (!(error instanceof InvalidContentNameError)) throw error
      throw new UsageError(`${path}:${at + 1}: ${error.message}`, error)
    }
  })
}

async function textFrom(path: string): Promise<string> {
  try {
    return path === '-' ? await textOf(process.stdin) : await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`--input-file cannot be read: ${(error as Error).message}`)
  }
}
