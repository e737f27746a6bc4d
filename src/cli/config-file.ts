import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ConfigurationError } from '../errors.ts'
import { describeProblem, describeProblems, parseYaml } from '../units/yaml-file.ts'
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
  if (parsed.problems) throw new ConfigurationError(describeProblems(fileName, parsed.problems))
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

function schemaOf(settings: Settings) {
  const keys = Object.entries(settings).filter(([key]) => !NOT_IN_FILE.includes(key))
  return z
    .strictObject(Object.fromEntries(keys.map(([key, setting]) => [key, valueSchema(setting).optional()])))
    .nullable()
}

function valueSchema(setting: Setting<unknown>) {
  if (setting.value === undefined) {
    const switches = setting.many ? z.union([z.boolean(), z.int().min(0).max(9)]) : z.boolean()
    return switches
  }
  const error = `must be ${setting.value}, as text`
  const text = z.string({ error }).min(1, error).or(z.number())
  return setting.many ? z.union([text, z.array(text)]) : text
}
