import { UsageError } from '../errors.ts'
import type { Tuning } from './tuning.ts'

/** Every key by which a value of a set can be named, such as `moves.copyGainMs`. */
export function tuningKeys(tuning: Tuning): string[] {
  return Object.entries(tuning).flatMap(([group, values]) =>
    Object.keys(values).map(name => `${group}.${name}`)
  )
}

/** A set with some values replaced, each given as `KEY=VALUE`. Throws UsageError for a wrong key or value. */
export function tunedBy(base: Tuning, changes: readonly string[]): Tuning {
  const copies = Object.entries(base).map(([group, values]) => [group, { ...values }])
  const tuned: Tuning = Object.fromEntries(copies)
  const keys = new Set(tuningKeys(base))
  for (const change of changes) {
    const [key, text, ...rest] = change.split('=')
    if (!keys.has(key!)) {
      throw new UsageError(`There is no tuning key '${key}'; choose one of ${[...keys].join(', ')}`)
    }
    const value = Number(text)
    if (!text?.trim() || rest.length > 0 || !Number.isFinite(value)) {
      throw new UsageError(`'${change}' does not give ${key} a number: write ${key}=NUMBER`)
    }
    const [group, name] = key!.split('.')
    Object.assign(tuned[group as keyof Tuning], { [name!]: value })
  }
  return tuned
}
