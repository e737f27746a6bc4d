/**
 * Characters that are not shown but do something: control characters (C0, DEL, C1), format characters (direction marks, zero
 * width ones), separators of lines and paragraphs, and halves of surrogate pairs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * One line of text with a visible escape such as \u{1b} in place of each character that a terminal would act on. Texts hold what
 * peers have sent: none of it may move the cursor, forge a line or turn the reading direction.
 */
export function plainText(text: string): string {
  return text.replace(UNSEEN, character => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** A value as JSON of one line, the same value to a reader, that may be shown on a terminal. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, character =>
    // JSON knows code units only.
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join('')
  )
}

function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`
}
