import { ConfigurationError } from '../errors.ts'

/** Least length of a token in characters: a shorter one could be guessed. */
const MIN_TOKEN_CHARS = 16
const MAX_TOKEN_CHARS = 256
const TOKEN = new RegExp(`^[!-~]{${MIN_TOKEN_CHARS},${MAX_TOKEN_CHARS}}$`)

/** What a token has to be, to be read after a word such as `must be`. */
export const TOKEN_RULE =
  `${MIN_TOKEN_CHARS} to ${MAX_TOKEN_CHARS} characters of ASCII without spaces; ` +
  '`openssl rand -hex 32` makes a good one'

/** Whether the text can be a token that directors share with those whom they let in. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/**
 * Reads a token, with white space around it, that came from `where`. Throws ConfigurationError, which
 * does not show the text.
 */
export function parseToken(text: string, where: string): string {
  const token = text.trim()
  if (isToken(token)) return token
  throw new ConfigurationError(`${where}: a token must be ${TOKEN_RULE}`)
}
