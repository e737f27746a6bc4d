import { WireStatus } from '../errors.ts'
import { RouteLostError, WrongRecordError } from './route-errors.ts'

/** Statuses by which a source refuses the content itself, so that another route to it cannot help. */
const LASTING_STATUSES: number[] = [WireStatus.contentChanged, WireStatus.readFailed]
/**
 * Statuses that refuse the content, too, but that a source also sends when it has just started anew
 * and has not looked through its files yet. `verdictOf` ignores them once a route was open.
 */
const PASSING_STATUSES: number[] = [WireStatus.unknownContent, WireStatus.notReady]

/**
 * Decides when to believe what routes say of the content. Returns the error that is to end the
 * fetch, or undefined to go on. `ends` holds one entry for each path on offer: why the last route
 * over it ended, or undefined where none has. `hasOpened` says that some route was open, so that
 * the source had the content.
 *
 * Nothing proves that a status comes from the source, as any relay can forge one. So a status ends
 * only the route that brought it, and ends the whole fetch only when no path contradicts it. A path
 * that failed for another reason may yet tell the truth. Pure.
 */
export function verdictOf(
  ends: readonly (Error | undefined)[],
  { hasOpened }: { hasOpened: boolean }
): Error | undefined {
  const isWord = (end: Error | undefined) =>
    end instanceof RouteLostError &&
    // An empty `saidBy` claims to be the source's; a relay names itself in its own statuses.
    end.saidBy === '' &&
    (LASTING_STATUSES.includes(end.wireStatus) || (!hasOpened && PASSING_STATUSES.includes(end.wireStatus)))
  if (!ends.every(end => end instanceof WrongRecordError || isWord(end))) return undefined
  const lie = ends.at(-1)
  return (
    ends.find(isWord) ??
    (lie && new WrongRecordError(`No route has brought the content that was asked for: ${lie.message}`, lie))
  )
}
