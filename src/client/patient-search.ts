import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import { Outage, type OutageEvent } from './outage.ts'
import { NoRouteError } from './route-errors.ts'
import { type Awaited, awaitedAfter } from './waiting-reason.ts'

/** Milliseconds between the end of a try and the next one. */
const RETRY_MS = 1_000
/** Milliseconds between two looks at how long the search has lasted. */
const STEP_MS = 250

export interface SearchInit<T> {
  /** One try. */
  find(): Promise<T>
  /** What a try asks, where its failure does not tell what is missing. */
  asked: Awaited
  /** Whether a content that nobody has is waited for, too. */
  waitsForContent: boolean
  patienceMs: number
  onOutage(event: OutageEvent, missing: Awaited): void
  scheduler: Scheduler
  signal: AbortSignal
}

/**
 * Tries to find a content until a try succeeds, or fails for a reason that does not pass, or the patience is over. Throws
 * the reason of the last try, or the signal's.
 */
export async function searchPatiently<T>(init: SearchInit<T>): Promise<T> {
  const { scheduler, signal } = init
  const outage = new Outage(init.patienceMs, scheduler.nowMs())
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => {})
  let failure: Error | undefined
  const look = () => {
    cancel = scheduler.after(STEP_MS, look)
    const reason = failure?.message ?? 'no answer yet'
    const told = outage.step(false, reason, scheduler.nowMs())
    if (told) init.onOutage(told, missingAfter(failure, init.asked))
    if (outage.isTooLong) over.reject(failure ?? new NoRouteError(reason))
  }
  let cancel = scheduler.after(STEP_MS, look)
  const onAbort = () => over.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      const outcome = await Promise.race([tried(init), over.promise])
      if ('found' in outcome) {
        const told = outage.step(true, '', scheduler.nowMs())
        if (told) init.onOutage(told, init.asked)
        return outcome.found
      }
      failure = outcome.failure
      const pause = Promise.withResolvers<void>()
      const cancelPause = scheduler.after(RETRY_MS, pause.resolve)
      await Promise.race([pause.promise, over.promise]).finally(cancelPause)
    }
  } finally {
    cancel()
    signal.removeEventListener('abort', onAbort)
  }
}

async function tried<T>({
  find,
  waitsForContent
}: SearchInit<T>): Promise<{ found: T } | { failure: Error }> {
  try {
    return { found: await find() }
  } catch (error) {
    if (!isPassing(error, waitsForContent)) throw error
    return { failure: error }
  }
}

/** Whether the same try may succeed later. */
function isPassing(error: unknown, waitsForContent: boolean): error is AnabranchError {
  if (!(error instanceof AnabranchError) || error.code === 'ERR_PROTOCOL_VERSION') return false
  if (error.wireStatus === WireStatus.unsealed) return false
  return error.exitCode === ExitCode.network || (waitsForContent && error.exitCode === ExitCode.notFound)
}

function missingAfter(failure: Error | undefined, asked: Awaited): Awaited {
  const isUnknown = failure instanceof AnabranchError && failure.exitCode === ExitCode.notFound
  if (failure instanceof NoRouteError) return 'relays'
  return isUnknown ? 'content' : awaitedAfter(failure, asked)
}
