import type { RequestTarget } from '../http/request-target.ts'
import { parseContentName } from '../protocol/content-name.ts'
import { decodeTicket } from '../protocol/ticket.ts'
import { parseDuration } from '../units/units.ts'
import type { ContentReference } from './contents.ts'
import { RequestTargetError, UnknownPathError } from './refusals.ts'

/** How a content is to be handed out. */
export interface Presentation {
  /** The file name that a browser is told, in place of the content's own. */
  fileName?: string
  /** A browser is to store it and not to show it. */
  isDownload: boolean
  /** See FindOptions. */
  latencyMs?: number
}

/** What a request's path and query ask for. A folder's prefix is empty or ends with a slash. */
export type GatewayTarget =
  | { kind: 'content'; reference: ContentReference; presentation: Presentation }
  | { kind: 'folder'; prefix: string }
  | { kind: 'activity' }

/** All below it is the gateway's own. */
const OWN = '/.anabranch/'
/** Leads to any name, also to those that begin like a path of the gateway's own. */
export const ANY_NAME = `${OWN}name/`
/** Tells what is being fetched, as it changes. */
const ACTIVITY = `${OWN}events`
const BY_ID = '/id/'
const BY_TICKET = '/ticket/'
const ROOT_HASH = /^[\da-f]{64}$/i

/** Throws RequestTargetError where the path or the query means nothing, and UnknownPathError. */
export function parseGatewayTarget({ path, query }: Pick<RequestTarget, 'path' | 'query'>): GatewayTarget {
  if (!path.startsWith('/')) throw new RequestTargetError('The path does not begin with a slash')
  if (path.startsWith(BY_ID)) return contentAt({ id: idOf(path.slice(BY_ID.length)) }, query)
  if (path.startsWith(BY_TICKET)) return contentAt({ ticket: ticketOf(path.slice(BY_TICKET.length)) }, query)
  if (path === ACTIVITY) return { kind: 'activity' }
  if (path.startsWith(OWN) && !path.startsWith(ANY_NAME)) throw new UnknownPathError()
  const name = decoded(path.slice(path.startsWith(ANY_NAME) ? ANY_NAME.length : 1))
  if (name === '') return { kind: 'folder', prefix: '' }
  if (!name.endsWith('/')) return contentAt({ name: nameOf(name) }, query)
  return { kind: 'folder', prefix: `${nameOf(name.slice(0, -1))}/` }
}

/** The path that leads to a name, or to a folder where it ends with a slash. */
export function pathTo(name: string): string {
  const path = `/${name.split('/').map(encodeURIComponent).join('/')}`
  const isTaken = [OWN, BY_ID, BY_TICKET].some(own => path.startsWith(own))
  return isTaken ? `${ANY_NAME}${path.slice(1)}` : path
}

function contentAt(reference: ContentReference, query: string): GatewayTarget {
  return { kind: 'content', reference, presentation: presentationOf(query) }
}

function presentationOf(query: string): Presentation {
  const asked = new URLSearchParams(query)
  const fileName = asked.get('filename')
  const latency = asked.get('latency')
  return {
    isDownload: asked.get('download') === '1',
    ...(fileName === null ? {} : { fileName: fileNameOf(fileName) }),
    ...(latency === null ? {} : { latencyMs: refusing(() => parseDuration(latency)) })
  }
}

function fileNameOf(text: string): string {
  const name = nameOf(text)
  if (name.includes('/')) throw new RequestTargetError('The filename has a slash; give the last part alone')
  return name
}

function idOf(text: string): string {
  if (ROOT_HASH.test(text)) return text.toLowerCase()
  throw new RequestTargetError('The id is no root hash; give its 64 hex digits')
}

function ticketOf(path: string): string {
  const ticket = decoded(path)
  refusing(() => decodeTicket(ticket))
  return ticket
}

/**
 * The name in its normal form, which is what is meant however a keyboard or a file system put it.
 * Throws RequestTargetError where it is none.
 */
export function nameOf(text: string): string {
  return refusing(() => parseContentName(text.normalize('NFC')))
}

/** The text that a path's percent signs stand for. Throws RequestTargetError where they stand for none. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new RequestTargetError('The path has percent signs that stand for no text; write % as %25')
  }
}

/** What the parser makes of it; a text that it refuses makes a request that is refused. */
function refusing<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new RequestTargetError((error as Error).message)
  }
}
