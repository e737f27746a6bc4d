import { WireStatus } from '../errors.ts'
import { RouteLostError, WrongRecordError } from './route-errors.ts'

/** What a source says of the content itself: another route to it cannot help. */
const LASTING_STATUSES: number[] = [WireStatus.contentChanged, WireStatus.readFailed]
/** The same, but a source that starts anew says so, too: it has not looked through its files yet. */
const PASSING_STATUSES: number[] = [WireStatus.unknownContent, WireStatus.notReady]

/**
 * When to believe what routes say of the content: the error that is to end the fetch, if any. `ends` tells why the last route
 * over each path on offer has ended; undefined where none has. `hasOpened`: some route was open, so the source had the content.
 *
 * Nothing proves that a status comes from the source, as any relay can forge one. So it ends the route that brought it, and
 * the whole fetch only when no path contradicts. A path that failed for another reason may yet tell the truth. Pure.
 */
export function verdictOf(
  ends: readonly (Error | undefined)[],
  { hasOpened }: { hasOpened: boolean }
): Error | undefined {
  const isWord = (end: Error | undefined) =>
    end instanceof RouteLostError &&
    // A relay names itself in a status of its own.
    end.saidBy === '' &&
    (LASTING_STATUSES.includes(end.wireStatus) || (!hasOpened && PASSING_STATUSES.includes(end.wireStatus)))
  if (!ends.every(end => end instanceof WrongRecordError || isWord(end))) return undefined
  const lie = ends.at(-1)
  return (
    ends.find(isWord) ??
    (lie && new WrongRecordError(`No route has brought the content that was asked for: ${lie.message}`, lie))
  )
}
