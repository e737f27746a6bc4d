import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Routes that a pattern can tell apart: one letter each. */
export const MAX_ROUTES = LETTERS.length

/** Longest pattern, in elements. Bounds what a peer can make a node hold for one pattern. */
export const MAX_PATTERN_ELEMENTS = 4096

/** A text is no pattern. */
export class PatternError extends AnabranchError {
  constructor(message: string) {
    super('ERR_PATTERN', message, { exitCode: ExitCode.usage, wireStatus: WireStatus.malformed })
  }
}

/** 0 -> `A`, 1 -> `B`, ... */
export function routeName(route: number): string {
  const letter = LETTERS[route]
  if (letter === undefined)
    throw new PatternError(`There is no route number ${route}; ${MAX_ROUTES} are possible`)
  return letter
}

/** `A` -> 0. Throws PatternError. */
export function routeIndex(name: string): number {
  const index = name.length === 1 ? LETTERS.indexOf(name) : -1
  if (index < 0) throw new PatternError(`'${name}' names no route; routes are the letters A to Z and a to z`)
  return index
}

/**
 * The elements that name one route, shared by all patterns, since a client may send hundreds of
 * patterns a second.
 */
const SINGLES: ReadonlyArray<readonly number[]> = Array.from(LETTERS, (_, route) => [route])

/**
 * Which route each element's segment travels (patent FIG. 6, 10A, 10B, 12): element i names one route (`A`) or, for
 * redundancy, a group of several (`[AB]`: the segment travels on each of them). Immutable.
 */
export class Pattern {
  /** The routes that each element names, ascending, without repeats. */
  readonly elements: ReadonlyArray<readonly number[]>
  /** Number of elements, each counted once for every route that it names: the cost of holding the pattern. */
  readonly places: number
  /** The ascending offsets of the elements that name each route; made when first asked for. */
  #offsets: ReadonlyMap<number, number[]> | undefined
  #text: string | undefined

  /** Throws PatternError when there is no element, too many, or an empty group. */
  constructor(elements: ReadonlyArray<readonly number[]>) {
    if (elements.length === 0) throw new PatternError('A pattern needs at least one element, such as AAB')
    if (elements.length > MAX_PATTERN_ELEMENTS) {
      throw new PatternError(`A pattern has at most ${MAX_PATTERN_ELEMENTS} elements, not ${elements.length}`)
    }
    this.elements = elements.map(toElement)
    this.places = this.elements.reduce((sum, group) => sum + group.length, 0)
  }

  /** A pattern in which every element names one route. */
  static ofRoutes(routes: readonly number[]): Pattern {
    return new Pattern(routes.map(route => SINGLES[route] ?? [route]))
  }

  /** Reads `AABCC` or `A[AB]B`. Throws PatternError. */
  static parse(text: string): Pattern {
    const elements: Array<readonly number[]> = []
    let group: number[] | undefined
    for (const character of text) {
      if (character === '[' && !group) group = []
      else if (character === ']' && group) {
        elements.push(group)
        group = undefined
      } else if (group) group.push(routeIndex(character))
      else elements.push(SINGLES[routeIndex(character)]!)
    }
    if (group) throw new PatternError('The pattern has a [ without its ]')
    return new Pattern(elements)
  }

  get length(): number {
    return this.elements.length
  }

  /** All routes that some element names, ascending. */
  get routes(): number[] {
    return [...this.#offsetsByRoute().keys()].sort((a, b) => a - b)
  }

  /** Offsets of the elements that name `route`, ascending; empty when none does. */
  offsetsOf(route: number): readonly number[] {
    return this.#offsetsByRoute().get(route) ?? []
  }

  /** Share of the elements that name `route`, 0 to 1. */
  weightOf(route: number): number {
    return this.offsetsOf(route).length / this.length
  }

  equals(other: Pattern): boolean {
    return this.toString() === other.toString()
  }

  /** The text that `parse` reads. */
  toString(): string {
    this.#text ??= this.elements
      .map(group => (group.length === 1 ? routeName(group[0]!) : `[${group.map(routeName).join('')}]`))
      .join('')
    return this.#text
  }

  /**
   * The pattern in which one element stands for what `count` consecutive elements stood for here (the patent: several
   * elements can correspond to one segment): it names every route that one of them named.
   */
  fold(count: number): Pattern {
    if (!Number.isInteger(count) || count < 1)
      throw new PatternError(`A segment cannot have ${count} elements`)
    if (count === 1) return this
    // After lcm(length, count) elements the grouping repeats.
    const segments = lcm(this.length, count) / count
    return new Pattern(
      Array.from({ length: segments }, (_, segment) =>
        Array.from({ length: count }, (_, i) => this.elements[(segment * count + i) % this.length]!).flat()
      )
    )
  }

  #offsetsByRoute(): ReadonlyMap<number, number[]> {
    if (this.#offsets) return this.#offsets
    const offsetsByRoute = new Map<number, number[]>()
    for (const [offset, group] of this.elements.entries()) {
      for (const route of group) {
        const offsets = offsetsByRoute.get(route)
        if (offsets) offsets.push(offset)
        else offsetsByRoute.set(route, [offset])
      }
    }
    this.#offsets = offsetsByRoute
    return offsetsByRoute
  }
}

/** The group ascending and without repeats. Throws PatternError. */
function toElement(group: readonly number[], offset: number): readonly number[] {
  const single = group.length === 1 ? SINGLES[group[0]!] : undefined
  if (single) return single
  if (group.length === 0) throw new PatternError(`Element ${offset + 1} of the pattern names no route`)
  for (const route of group) routeName(route)
  return [...new Set(group)].sort((a, b) => a - b)
}

function lcm(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a / x) * b
}
