/** Longest text in characters that is compared: longer ones are no typing mistakes. */
const MAX_CHARS = 255
/** One mistake in so many characters is still taken for a typing mistake. */
const CHARS_A_MISTAKE = 3

/** Finds the text that somebody has meant, among any number that are shown to it one after the other. */
export class NearestText {
  readonly #given: string
  #found: string | undefined
  #mistakes: number

  constructor(given: string) {
    this.#given = folded(given)
    // A text of one or two characters is near to nearly everything.
    this.#mistakes = Math.floor(Math.min(this.#given.length, MAX_CHARS) / CHARS_A_MISTAKE) + 1
  }

  /** The nearest so far, as it was shown; undefined where none was near enough. */
  get found(): string | undefined {
    return this.#found
  }

  /** How many mistakes the nearest has; without one, more than it may have. */
  get mistakes(): number {
    return this.#mistakes
  }

  /** Looks at one more text. Returns whether it is the nearest so far; of equally near ones the first counts. */
  offer(text: string): boolean {
    const mistakes = mistakesBetween(this.#given, folded(text), this.#mistakes - 1)
    if (mistakes === undefined) return false
    this.#found = text
    this.#mistakes = mistakes
    return true
  }
}

/** The text among `known` that somebody has meant by `given`; undefined where none is near enough. */
export function nearestText(given: string, known: Iterable<string>): string | undefined {
  const nearest = new NearestText(given)
  for (const text of known) nearest.offer(text)
  return nearest.found
}

/**
 * How many characters have to be changed, added, left out or swapped with the next one to make `b`
 * of `a`; undefined where these are more than `most`.
 */
export function mistakesBetween(a: string, b: string, most: number): number | undefined {
  if (most < 0 || Math.abs(a.length - b.length) > most || a.length > MAX_CHARS) return undefined
  let twoAbove: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        above[j - 1]! + (isSame ? 0 : 1),
        above[j]! + 1,
        row[j - 1]! + 1,
        isSwapped ? twoAbove[j - 2]! + 1 : Number.POSITIVE_INFINITY
      )
    }
    if (Math.min(...row) > most) return undefined
    twoAbove = above
    above = row
  }
  const mistakes = above[b.length]!
  return mistakes > most ? undefined : mistakes
}

/** What counts of a text: nobody who mistypes `max-rate` as `MAX_RATE` means something else. */
function folded(text: string): string {
  return text.toLowerCase().replace(/[-_]/g, '')
}
