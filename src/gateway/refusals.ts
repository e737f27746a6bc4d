import { AnabranchError, ExitCode } from '../errors.ts'

interface Refusal {
  status: number
  code: string
  /** Says what is wrong and, behind a semicolon, what to do. */
  message: string
  /** Headers that belong to the answer, with names in lower case. */
  headers?: Record<string, string>
}

/** A request cannot be answered as it is; `status` is the answer's. */
export abstract class RefusedRequestError extends AnabranchError {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor({ status, code, message, headers = {} }: Refusal) {
    super(code, message, { exitCode: ExitCode.usage })
    this.status = status
    this.headers = headers
  }
}

/** The address of a request means nothing here. */
export class RequestTargetError extends RefusedRequestError {
  constructor(message: string) {
    super({ status: 400, code: 'ERR_REQUEST_TARGET', message })
  }
}

/** A path below the gateway's own prefix leads nowhere. */
export class UnknownPathError extends RefusedRequestError {
  constructor() {
    super({
      status: 404,
      code: 'ERR_UNKNOWN_PATH',
      message: 'The gateway has nothing at this path; / lists the contents'
    })
  }
}

/** A request comes under a name that is not the gateway's, as those do of a page that has its name lead here. */
export class ForeignHostError extends RefusedRequestError {
  constructor() {
    super({
      status: 421,
      code: 'ERR_FOREIGN_HOST',
      message:
        'The gateway does not answer under this host name; use its IP address or localhost, or give it the name'
    })
  }
}

/** A page of another site has a browser ask. */
export class ForeignPageError extends RefusedRequestError {
  constructor() {
    super({
      status: 403,
      code: 'ERR_FOREIGN_PAGE',
      message:
        'The gateway does not answer pages of this origin; allow the origin, and have the page ask with CORS'
    })
  }
}

/** A request of a version of HTTP whose messages look otherwise. */
export class HttpVersionError extends RefusedRequestError {
  constructor() {
    super({ status: 505, code: 'ERR_HTTP_VERSION', message: 'The gateway speaks another HTTP; use HTTP/1.1' })
  }
}

/** A method that the gateway does not know. */
export class MethodRefusedError extends RefusedRequestError {
  constructor() {
    super({
      status: 405,
      code: 'ERR_METHOD',
      message: 'Contents can be read only; use GET or HEAD',
      headers: { allow: ALLOWED_METHODS }
    })
  }
}

/** A request holds for another version of the content only. */
export class PreconditionError extends RefusedRequestError {
  constructor() {
    super({
      status: 412,
      code: 'ERR_PRECONDITION',
      message: 'The content is not the one that the request is meant for; ask again without the condition'
    })
  }
}

/** The ranges of a request are none, lie outside of the content, or are too many. */
export class RangeRefusedError extends RefusedRequestError {
  constructor(reason: string, sizeBytes: number) {
    super({
      status: 416,
      code: 'ERR_RANGE',
      message: `${reason}; the content has ${sizeBytes} bytes`,
      headers: { 'content-range': `bytes */${sizeBytes}` }
    })
  }
}

/** A client of another host asks the proxy for what is no content. */
export class OnlyContentsError extends RefusedRequestError {
  constructor() {
    super({
      status: 403,
      code: 'ERR_ONLY_CONTENTS',
      message:
        'The proxy brings other hosts nothing but contents; ask directly, or map this address to contents'
    })
  }
}

/** The page of a folder has another address, where its links fit. */
export class FolderElsewhereError extends RefusedRequestError {
  constructor(url: string) {
    super({
      status: 302,
      code: 'ERR_FOLDER_ELSEWHERE',
      message: `The page of this folder is ${url}`,
      headers: { location: url }
    })
  }
}

/** A ticket is asked for under a name, where browsers do not say which page asks. */
export class TicketHereError extends RefusedRequestError {
  constructor() {
    super({
      status: 403,
      code: 'ERR_TICKET_HERE',
      message: "Tickets are not taken under this host name; use the proxy's own address"
    })
  }
}

/** As many pages as can be are told what is being fetched. */
export class TooManyListenersError extends RefusedRequestError {
  constructor() {
    super({
      status: 503,
      code: 'ERR_TOO_MANY_LISTENERS',
      message: 'Too many pages show what is being fetched; close some'
    })
  }
}

/** A server that the proxy was to ask cannot be reached, or answers with something that is no HTTP. */
export class OriginFailedError extends RefusedRequestError {
  constructor(authority: string, reason: string) {
    super({
      status: 502,
      code: 'ERR_ORIGIN_FAILED',
      message: `There is no answer from ${authority} (${reason}); check the address, and that its server runs`
    })
  }
}

/** A server that the proxy was to ask does not answer in time. */
export class OriginTimeoutError extends RefusedRequestError {
  constructor(authority: string, waitedMs: number) {
    super({
      status: 504,
      code: 'ERR_ORIGIN_TIMEOUT',
      message: `There was no answer from ${authority} for ${waitedMs / 1000} s; try again later`
    })
  }
}

/** What the gateway answers to, as the header Allow names it. */
export const ALLOWED_METHODS = 'GET, HEAD, OPTIONS'
