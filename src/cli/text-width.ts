/** Characters that take no cell of their own, as they are drawn onto the one before them. */
const COMBINING = /[\p{Mn}\p{Me}\u1160-\u11ff]/u

/** Characters that take two cells: East Asian letters in all their blocks, fullwidth forms and emoji. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Yi}\p{Script=Bopomofo}\p{Emoji_Presentation}\u2e80-\u303e\u3190-\u33ff\ua960-\ua97f\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/u

/** The number of a terminal's cells that a text takes, in whichever Unicode form; it holds no control characters. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The beginning of a text that takes that many cells at most. */
export function cutToWidth(text: string, cells: number): string {
  let width = 0
  let length = 0
  for (const character of text) {
    width += characterWidth(character)
    if (width > cells) break
    length += character.length
  }
  return text.slice(0, length)
}

/** Fills a text up with spaces, on its left, to that many cells. */
export function padStartToWidth(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - textWidth(text))) + text
}

/** Fills a text up with spaces, on its right, to that many cells. */
export function padEndToWidth(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - textWidth(text)))
}

function characterWidth(character: string): 0 | 1 | 2 {
  if (character < '\u0300') return 1
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
