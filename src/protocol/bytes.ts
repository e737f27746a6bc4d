import { concat } from 'uint8arrays/concat'

export { equals as equalBytes } from 'uint8arrays/equals'

const HEX_DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Joins the parts, in memory of their own or of a pool. `bytes`: their length in all, where it is known. */
export function concatBytes(parts: readonly Uint8Array[], bytes?: number): Uint8Array {
  return concat(parts as Uint8Array[], bytes)
}

/** The bytes as hex digits, in lower case. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX_DIGITS[byte]
  return text
}

/** The bytes that hex digits stand for, in either case. Throws RangeError for any other text. */
export function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new RangeError('the text is not made of pairs of hex digits')
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16)
  )
}

/** How many bytes the text takes as UTF-8; a lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code < 0x80) bytes += 1
    else if (code < 0x800) bytes += 2
    else bytes += code < 0x10000 ? 3 : 4
  }
  return bytes
}
