import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConfigurationError } from '../errors.ts'
import { nearestText } from '../units/nearest-text.ts'
import { describeProblem, describeProblems, type FileProblem, parseYaml } from '../units/yaml-file.ts'
import type { Place, Setting, Settings } from './settings.ts'

/** Settings that make no sense in the file itself. */
const NOT_IN_FILE = ['config']

/**
 * Reads the settings in a YAML file, each under its key. Throws ConfigurationError with line and
 * column when the file cannot be read, is no YAML, or has an unknown key.
 */
export async function configFilePlace(path: string, settings: Settings): Promise<Place> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw new ConfigurationError(
      `Cannot read the configuration file ${path} (${error.code}); check --config`,
      error
    )
  })
  return parseConfig(text, path, settings)
}

/** Parses the text of a configuration file; see configFilePlace. */
export function parseConfig(text: string, fileName: string, settings: Settings): Place {
  const parsed = parseYaml(text, schemaOf(settings))
  if (parsed.problems) {
    const problems = parsed.problems.map(problem => withMeantKey(problem, Object.keys(settings)))
    throw new ConfigurationError(describeProblems(fileName, problems))
  }
  const values = (parsed.value ?? {}) as Record<string, unknown>
  return key => {
    const value = values[key]
    if (value === undefined) return undefined
    return {
      texts: Array.isArray(value) ? value.map(String) : [String(value)],
      fault: (message, cause) =>
        new ConfigurationError(describeProblem(fileName, parsed.locate([key], message)), cause)
    }
  }
}

/** The problem with the key that may have been meant in the place of a strange one. */
function withMeantKey(problem: FileProblem, keys: readonly string[]): FileProblem {
  const { strangeKey, message } = problem
  const meant =
    strangeKey &&
    nearestText(
      strangeKey,
      keys.filter(key => !NOT_IN_FILE.includes(key))
    )
  return meant ? { ...problem, message: `${message}; did you mean ${meant}?` } : problem
}

function schemaOf(settings: Settings) {
  const keys = Object.entries(settings).filter(([key]) => !NOT_IN_FILE.includes(key))
  return z
    .strictObject(Object.fromEntries(keys.map(([key, setting]) => [key, valueSchema(setting).optional()])))
    .nullable()
}

function valueSchema(setting: Setting<unknown>) {
  if (setting.value === undefined) {
    const error = (issue: { input?: unknown }) => `is ${kindOf(issue.input)}; true or false belongs here`
    const on = z.boolean({ error })
    return setting.many ? on.or(z.int({ error }).min(0).max(9)) : on
  }
  const { value, many } = setting
  const wanted = many ? `one ${value}, or a list of them,` : `one ${value}`
  return z.unknown().superRefine((given, context) => {
    const values = many && Array.isArray(given) ? given : [given]
    const wrong = values.findIndex(each => typeof each !== 'string' && typeof each !== 'number')
    if (wrong < 0) return
    const path = values === given ? [wrong] : []
    context.addIssue({
      code: 'custom',
      path,
      message: `is ${kindOf(values[wrong])}; ${path.length > 0 ? `one ${value}` : wanted} belongs here`
    })
  })
}

/** What stands in a file where a text should. */
function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'a group of keys' : `${value}, which is no text`
}
