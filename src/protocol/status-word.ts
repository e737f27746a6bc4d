import { WireStatus } from '../errors.ts'

const NAMES = new Map(Object.entries(WireStatus).map(([name, status]) => [status as number, snakeCase(name)]))

/** The word for a wire status, such as `refused_rate`; `other` for one that has none. */
export function statusWord(status: number): string {
  return NAMES.get(status) ?? 'other'
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
