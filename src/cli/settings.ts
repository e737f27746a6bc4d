import { UsageError } from '../errors.ts'

/**
 * One thing that a command can be told: by a flag, an environment variable or a key of its configuration file. All
 * three names follow from its key: `maxRate` is `--max-rate`, `ANABRANCH_MAX_RATE` and `maxRate`.
 */
export interface Setting<T> {
  /** Name of the value in the help; absent for a switch. */
  value?: string
  help: string
  /** One letter, for a flag that is typed often. */
  short?: string
  /** May be given more than once; in the environment separated by spaces, in a file as a list. */
  many: boolean
  /** For people, when it is not given. */
  fallbackText?: string
  /** Turns what was given into a value; for a switch the number of times. Throws UsageError. */
  parse(texts: string[]): T
  fallback: T
}

export type Settings = Record<string, Setting<unknown>>
export type Values<S extends Settings> = {
  [K in keyof S]: S[K] extends Setting<infer T> ? T : never
}

/** What stands in one place, as it was written there. */
export interface Given {
  texts: string[]
  /** Turns what is wrong with it into an error that names the place. */
  fault(message: string, cause: unknown): Error
}

/** One place: the command line, the environment or a file. */
export type Place = (key: string) => Given | undefined

interface SettingText<T> {
  value: string
  help: string
  short?: string
  fallbackText?: string
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

/** Takes each setting from the first place that has it, else its default. Throws what the place makes of a fault. */
export function resolveSettings<S extends Settings>(settings: S, places: Place[]): Values<S> {
  const entries = Object.entries(settings).map(([key, setting]) => {
    const given = places.reduce<Given | undefined>((found, place) => found ?? place(key), undefined)
    return [key, given === undefined ? setting.fallback : read(setting, given)]
  })
  return Object.fromEntries(entries) as Values<S>
}

/** `maxRate` -> `--max-rate`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
}

/** `maxRate` -> `ANABRANCH_MAX_RATE`. */
export function variableOf(key: string): string {
  return `ANABRANCH_${key.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`
}

/** What commander has parsed; a switch comes as true or as a count. */
export function flagPlace(options: Readonly<Record<string, unknown>>): Place {
  return key => {
    const value = options[key]
    if (value === undefined) return undefined
    const texts = Array.isArray(value) ? value.map(String) : [String(value)]
    return { texts, fault: (message, cause) => new UsageError(`${flagOf(key)}: ${message}`, cause) }
  }
}

/** Variables that are set to nothing count as not set. */
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
