/** Characters without a shape of their own, which would move a cursor, forge a line or turn the reading direction. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\s]+/gu

/** Most characters of a peer's text that people are shown: enough for any reason that this program gives itself. */
const MAX_WORD_CHARS = 300
/** The same of a director, which may name many addresses and contents. */
const MAX_DIRECTOR_WORD_CHARS = 1_500

/**
 * A reason that a peer has given, for people: in one line, marked as that peer's word and not ours.
 * `who` names the peer, such as `the source`.
 */
export function saying(who: string, text: string): string {
  return `${who} says: ${shown(text, MAX_WORD_CHARS)}`
}

/** A reason that a director has given, as in `saying`. */
export function directorSaying(text: string): string {
  return `the director says: ${directorWord(text)}`
}

/** A director's text alone, for where it is clear whose it is. */
export function directorWord(text: string): string {
  return shown(text, MAX_DIRECTOR_WORD_CHARS)
}

/** Shortens a peer id to its tail, where ids differ. */
export function shortPeer(peerId: string): string {
  return peerId.length > 8 ? `..${peerId.slice(-6)}` : peerId
}

function shown(text: string, maxChars: number): string {
  const line = text.replace(UNSEEN, ' ').trim()
  if (line === '') return 'nothing'
  const characters = Array.from(line)
  return characters.length <= maxChars ? line : `${characters.slice(0, maxChars).join('')} (and more)`
}
