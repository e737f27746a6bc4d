import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import { utf8Length } from './bytes.ts'

/** Longest content name, in bytes of UTF-8: every frame that carries a name has room for it. */
export const MAX_CONTENT_NAME_BYTES = 1024

/** A content name breaks a rule; `reason` says which, the message shows the name with its oddities escaped. */
export class InvalidContentNameError extends AnabranchError {
  readonly reason: string

  constructor(name: string, reason: string) {
    super(
      'ERR_CONTENT_NAME',
      `content name ${quoted(name)} ${reason}; use a relative path such as films/a.mkv`,
      {
        exitCode: ExitCode.usage,
        wireStatus: WireStatus.invalidRequest
      }
    )
    this.reason = reason
  }
}

/**
 * Gives the name back if it can stand for a content: a relative path with forward slashes, no empty, `.` or `..` part,
 * no backslash, no control character (C0, DEL, C1), well-formed Unicode in NFC, at most 1024 bytes of UTF-8.
 * Throws InvalidContentNameError.
 */
export function parseContentName(name: string): string {
  const reason = faultOf(name)
  if (reason !== undefined) throw new InvalidContentNameError(name, reason)
  return name
}

/** The last part of a content's name: the file name it gets at the client. */
export function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (utf8Length(name) > MAX_CONTENT_NAME_BYTES) return `is longer than ${MAX_CONTENT_NAME_BYTES} bytes`
  if (/\p{Cs}/u.test(name)) return 'is not well-formed Unicode'
  if (/\p{Cc}/u.test(name)) return 'has a control character'
  if (name.includes('\\')) return 'has a backslash'
  if (name.startsWith('/')) return 'is an absolute path'
  const parts = name.split('/')
  if (parts.includes('')) return 'has an empty part'
  if (parts.includes('.') || parts.includes('..')) return "has a part '.' or '..'"
  if (name.normalize('NFC') !== name) return 'is not in Unicode normal form NFC'
  return undefined
}

/** The name in quotes, without anything that could steer a terminal, cut to a readable length. */
function quoted(name: string): string {
  const escaped = JSON.stringify(name).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
  return escaped.length <= 120 ? escaped : `${escaped.slice(0, 100)}..."`
}
