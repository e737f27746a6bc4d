/**
 * Characters that have an effect but no shape: control characters (C0, DEL, C1), format characters
 * (direction marks, zero-width characters), separators of lines and paragraphs, and halves of
 * surrogate pairs.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** The same, and all that a terminal without UTF-8 cannot show. */
const UNSEEN_OR_NOT_ASCII = /[^\x20-\x7e]/gu

/**
 * Makes one line of text safe to show: each character that a terminal would act on becomes a
 * visible escape such as \u{1b}. Texts may hold data from peers, which must not move the cursor,
 * forge a line or turn the reading direction. With `isAscii` so do all characters beyond ASCII.
 */
export function plainText(text: string, isAscii = false): string {
  return text.replace(
    isAscii ? UNSEEN_OR_NOT_ASCII : UNSEEN,
    character => `\\u{${character.codePointAt(0)!.toString(16)}}`
  )
}

/**
 * A value as one line of JSON that may be shown on a terminal, and that a reader parses to the same
 * value.
 */
export function plainJson(value: unknown, isAscii = false): string {
  return JSON.stringify(value).replace(isAscii ? UNSEEN_OR_NOT_ASCII : UNSEEN, character =>
    // JSON escapes code units, not code points, so a character may need two escapes.
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join('')
  )
}

function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`
}
