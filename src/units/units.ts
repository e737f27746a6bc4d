import { UsageError } from '../errors.ts'

const BIT_UNITS: Record<string, number> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }
const BYTE_UNITS: Record<string, number> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4
}
const TIME_UNITS: Record<string, number> = { us: 1e-3, ms: 1, s: 1e3, m: 60e3, min: 60e3, h: 3600e3 }

/** The fastest rate that is taken for one, in bits a second. */
const MOST_BITS = 1e12
/** The largest size that is taken for one, in bytes; beyond it numbers are not exact any more. */
const MOST_BYTES = 1000e12
/** The longest time that is taken for one, in milliseconds. */
const MOST_MS = 24 * 86_400e3

/** Parses a rate in the words of tc: `40mbit` -> 5_000_000 bytes a second; at most 1000gbit. Throws UsageError. */
export function parseRate(text: string): number {
  const bits = parseQuantity(text, BIT_UNITS, 'a rate such as 40mbit')
  if (bits > MOST_BITS) throw new UsageError(`'${text}' is too fast; give ${MOST_BITS / 1e9}gbit at most`)
  return bits / 8
}

/** Parses a size into whole bytes: `64MiB`, `100MB`, `512B`; at most 1000TB. Throws UsageError. */
export function parseBytes(text: string): number {
  const bytes = Math.round(parseQuantity(text, BYTE_UNITS, 'a size such as 64MiB or 100MB'))
  if (bytes > MOST_BYTES) throw new UsageError(`'${text}' is too much; give ${MOST_BYTES / 1e12}TB at most`)
  return bytes
}

/** Parses a duration into milliseconds: `50ms`, `1.5s`, `2m`; at most 576h. Throws UsageError. */
export function parseDuration(text: string): number {
  const durationMs = parseQuantity(text, TIME_UNITS, 'a time such as 50ms or 3s')
  if (durationMs > MOST_MS) throw new UsageError(`'${text}' is too long; give ${MOST_MS / 3600e3}h at most`)
  return durationMs
}

/** Parses a percentage: `0.1%` -> 0.001. Throws UsageError. */
export function parsePercent(text: string): number {
  return parseQuantity(text, { '%': 1 }, 'a percentage such as 0.1%') / 100
}

function parseQuantity(text: string, units: Record<string, number>, wanted: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z%]+)$/.exec(text.trim())
  const [, number, unit = ''] = match ?? []
  const known = [unit, unit.toLowerCase()].find(name => Object.hasOwn(units, name))
  const value = known === undefined ? Number.NaN : Number(number) * units[known]!
  if (!Number.isFinite(value)) throw new UsageError(`'${text}' is not ${wanted}; the unit is required`)
  return value
}

/** Formats a size: 1_500_000 -> `1.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  if (bytes < 1e12) return `${(bytes / 1e9).toFixed(2)} GB`
  return `${(bytes / 1e12).toFixed(2)} TB`
}

/**
 * Formats a duration in whole units, rounded up: 90_000 -> `90 s`, 600_000 -> `10 min`. From two hours
 * on it is in hours, from two days on in days.
 */
export function formatDuration(durationMs: number): string {
  const seconds = Math.ceil(durationMs / 1e3)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.ceil(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.ceil(hours / 24)} days`
}

/** Formats a rate in bytes a second: 5_000_000 -> `40.0 Mbit/s`. */
export function formatRate(bytesPerSecond: number): string {
  const bits = bytesPerSecond * 8
  if (bits < 1e3) return `${bits.toFixed(0)} bit/s`
  if (bits < 1e6) return `${(bits / 1e3).toFixed(0)} kbit/s`
  return `${(bits / 1e6).toFixed(1)} Mbit/s`
}
