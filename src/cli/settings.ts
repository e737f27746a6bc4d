import { UsageError } from '../errors.ts'

/**
 * One value that a user can give to a command: by a flag, an environment variable or a key of its
 * configuration file. All three names follow from its key: `maxRate` is `--max-rate`,
 * `ANABRANCH_MAX_RATE` and `maxRate`.
 */
export interface Setting<T> {
  /** Name of the value in the help; absent for a switch. */
  value?: string
  help: string
  /** The flag's one-letter form, where it is typed often. */
  short?: string
  /** Whether it can be given more than once: separated by spaces in the environment, as a list in a file. */
  many: boolean
  /** The default in words, for the help. */
  fallbackText?: string
  /** All that the value can be, for shells that complete it. Default: anything. */
  words?: readonly string[]
  /**
   * Turns the given texts into a value; a switch's text is true or false, or how often it was
   * given. Throws UsageError.
   */
  parse(texts: string[]): T
  fallback: T
}

export type Settings = Record<string, Setting<unknown>>
export type Values<S extends Settings> = {
  [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

/** The texts of a setting in one place, as they were written there. */
export interface Given {
  texts: string[]
  /** Makes an error that names the place, of a fault in the texts. */
  fault(message: string, cause: unknown): Error
}

/** Looks a setting up in one place: the command line, the environment or a file. */
export type Place = (key: string) => Given | undefined

interface SettingText<T> {
  value: string
  help: string
  short?: string
  fallbackText?: string
  words?: readonly string[]
  parse(text: string): T
}

/** A setting with one value; undefined when nobody gives it. */
export function one<T>(init: SettingText<T>): Setting<T | undefined> {
  const { parse, ...rest } = init
  return { ...rest, many: false, parse: texts => parse(texts.at(-1)!), fallback: undefined }
}

/** A setting with one value, or else its default. */
export function oneOr<T>(init: SettingText<T> & { fallback: T }): Setting<T> {
  return { ...init, many: false, parse: texts => init.parse(texts.at(-1)!) }
}

/** A setting that can be repeated. */
export function list<T>(init: SettingText<T> & { fallback?: T[] }): Setting<T[]> {
  return { ...init, many: true, parse: texts => texts.map(init.parse), fallback: init.fallback ?? [] }
}

/** A flag without a value. */
export function toggle(help: string, short?: string): Setting<boolean> {
  return { help, many: false, parse: ([text]) => isOn(text!), fallback: false, ...(short ? { short } : {}) }
}

/** A flag without a value that counts how often it is given. */
export function tally(help: string, short: string): Setting<number> {
  const parse = ([text]: string[]) => (/^\d$/.test(text!) ? Number(text) : Number(isOn(text!)))
  return { help, short, many: true, parse, fallback: 0 }
}

/**
 * Takes each setting from the first place that has it, else its default. Throws the error that the
 * place makes of a fault.
 */
export function resolveSettings<S extends Settings>(settings: S, places: Place[]): Values<S> {
  const entries = Object.entries(settings).map(([key, setting]) => {
    const given = places.reduce<Given | undefined>((found, place) => found ?? place(key), undefined)
    return [key, given === undefined ? setting.fallback : read(setting, given)]
  })
  return Object.fromEntries(entries) as Values<S>
}

/** Name of a setting's flag: `maxRate` -> `--max-rate`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** Name of a setting's environment variable: `maxRate` -> `ANABRANCH_MAX_RATE`. */
export function variableOf(key: string): string {
  return `ANABRANCH_${key.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
}

/** Looks settings up among the flags that commander has parsed; a switch comes as true or as a count. */
export function flagPlace(options: Readonly<Record<string, unknown>>): Place {
  return key => {
    const value = options[key]
    if (value === undefined) return undefined
    const texts = Array.isArray(value) ? value.map(String) : [String(value)]
    return { texts, fault: (message, cause) => new UsageError(`${flagOf(key)}: ${message}`, cause) }
  }
}

/** Looks settings up in the environment. Variables that are set to nothing count as not set. */
export function environmentPlace(settings: Settings, environment: NodeJS.ProcessEnv): Place {
  return key => {
    const text = environment[variableOf(key)]
    if (text === undefined || text.trim() === '') return undefined
    const texts = settings[key]!.many ? text.trim().split(/\s+/) : [text]
    return { texts, fault: (message, cause) => new UsageError(`${variableOf(key)}: ${message}`, cause) }
  }
}

function read(setting: Setting<unknown>, given: Given): unknown {
  try {
    if (given.texts.some(text => text.trim() === '')) throw new UsageError(`is empty; give ${setting.value}`)
    return setting.parse(given.texts)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw given.fault(error.message, error)
  }
}

function isOn(text: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true
  if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false
  throw new UsageError(`'${text}' is neither true nor false`)
}
