import { ContentNotFoundError, isNotAdmitted } from '../discovery/director-errors.ts'
import { AnabranchError, ExitCode } from '../errors.ts'
import { RETRY_AFTER_S } from './limits.ts'
import { RefusedRequestError } from './refusals.ts'

/** An answer that brings no content, and why. */
export interface Failure {
  status: number
  headers: Readonly<Record<string, string>>
  code: string
  message: string
  /** What to do about it, where the error says so. */
  remedy?: string
}

/** What is answered where an error ends a request before its answer has begun. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof AnabranchError))
    return { status: 500, headers: {}, code: 'ERR_INTERNAL', message: 'The gateway failed' }
  const status = statusOf(error)
  return {
    status,
    headers: {
      ...(error instanceof RefusedRequestError ? error.headers : {}),
      ...(status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {})
    },
    code: error.code,
    ...withRemedy(error.message)
  }
}

/** Whether the gateway, or what it asks, is at fault; of a version of HTTP that it does not speak, the request is. */
export function isOwnFault({ status }: Failure): boolean {
  return status >= 500 && status !== 505
}

function statusOf(error: AnabranchError): number {
  if (error instanceof RefusedRequestError) return error.status
  if (error instanceof ContentNotFoundError && error.isIndexing) return 503
  if (isNotAdmitted(error)) return 403
  switch (error.exitCode) {
    case ExitCode.notFound:
      return 404
    case ExitCode.network:
    case ExitCode.integrity:
      return 502
    case ExitCode.refused:
    case ExitCode.interrupted:
      return 503
    case ExitCode.timeout:
      return 504
    default:
      return 500
  }
}

/** The project's messages say what is wrong and, behind the last semicolon, what to do. */
function withRemedy(text: string): { message: string; remedy?: string } {
  const at = text.lastIndexOf('; ')
  return at < 0 ? { message: text } : { message: text.slice(0, at), remedy: text.slice(at + 2) }
}
