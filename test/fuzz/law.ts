import fc from 'fast-check'

/** A property that holds for every input, written once for the tests and for `npm run fuzz`. */
export interface Law {
  name: string
  /** Inputs that the tests try. */
  runs: number
  /** Tries so many inputs, made from `seed`. Throws with the smallest input found that breaks the law. */
  check(runs: number, seed?: number, path?: string): Promise<void>
}

/** `holds` throws, or its promise is rejected, where the law does not hold for an input. */
export function law<T>(
  name: string,
  runs: number,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>
): Law {
  return {
    name,
    runs,
    check: async (numRuns, seed, path) => {
      const given = { numRuns, ...(seed === undefined ? {} : { seed }), ...(path ? { path } : {}) }
      // Inputs are tried without a turn of the event loop between them where the law is not asynchronous.
      const isAsync = holds.constructor.name === 'AsyncFunction'
      if (isAsync) await fc.assert(fc.asyncProperty(inputs, holds as (input: T) => Promise<void>), given)
      else fc.assert(fc.property(inputs, holds as (input: T) => void), given)
    }
  }
}

/** Throws unless the condition holds. */
export function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

type ErrorClass = abstract new (...args: never[]) => Error

/** Most characters of an error's message: it is logged, and told to peers and people. */
const MAX_MESSAGE_CHARS = 4_096

/**
 * Returns what `decode` gives; undefined where it throws an error of one of these classes. Throws on any
 * other error.
 */
export function resultOf<T>(decode: () => T, errors: readonly ErrorClass[]): T | undefined {
  try {
    return decode()
  } catch (error) {
    checkError(error, errors)
    return undefined
  }
}

/** As resultOf, for what gives a promise. */
export async function promisedResultOf<T>(
  decode: () => Promise<T>,
  errors: readonly ErrorClass[]
): Promise<T | undefined> {
  try {
    return await decode()
  } catch (error) {
    checkError(error, errors)
    return undefined
  }
}

function checkError(error: unknown, errors: readonly ErrorClass[]): void {
  if (!errors.some(documented => error instanceof documented))
    throw new Error('an error of a class that is not documented', { cause: error })
  must((error as Error).message.length <= MAX_MESSAGE_CHARS, 'the message of an error is too long')
}

/** The size of a value: bytes of its arrays and texts, and 8 for each number, entry and object. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 8 + value.length
  if (value instanceof Uint8Array) return 8 + value.byteLength
  if (typeof value !== 'object' || value === null) return 8
  const parts = value instanceof Map ? [...value.entries()] : Object.values(value)
  return parts.reduce((sum: number, part) => sum + sizeOf(part), 8)
}

/** Throws where a value takes more memory than the input that it was made from can account for. */
export function checkSize(value: unknown, inputBytes: number): void {
  const size = sizeOf(value)
  must(size <= 1_024 + 64 * inputBytes, `${inputBytes} bytes made a value of ${size}`)
}
