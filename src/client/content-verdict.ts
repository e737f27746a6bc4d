import { WireStatus } from '../errors.ts'
import { BrokenSealError } from '../protocol/seal.ts'
import { RouteLostError, WrongRecordError, WrongSourceError } from './route-errors.ts'

/** Statuses by which a source refuses the content itself, so that another route to it cannot help. */
const LASTING_STATUSES: number[] = [
  WireStatus.unknownContent,
  WireStatus.contentChanged,
  WireStatus.readFailed,
  WireStatus.passed
]
/**
 * The status that refuses the content, too, but that a source also sends when it has just started
 * anew, or while it hashes a file again. `verdictOf` ignores it once a route was open.
 */
const PASSING_STATUS: number = WireStatus.notReady

/** One entry for each path on offer: why the last route over it ended, or undefined where none has. */
type Ends = readonly (Error | undefined)[]

/** What is known of the fetch so far: whether some route was open, so that the source had the content. */
interface Known {
  hasOpened: boolean
}

/** The source's refusal of the content, if it is proven to be the source's: another route cannot help. Pure. */
export function provenVerdictOf(ends: Ends, known: Known): Error | undefined {
  return ends.find(end => wordOf(end, known) === 'proven')
}

/**
 * Decides when to believe what routes say of the content while none is in use. Returns the error
 * that is to end the fetch, or undefined to go on.
 *
 * Any relay can have forged what the source is claimed to have said. So that ends only the route
 * that brought it, and ends the whole fetch only when no path contradicts it. A path that failed
 * for another reason may yet tell the truth. Pure.
 */
export function verdictOf(ends: Ends, known: Known): Error | undefined {
  const proven = provenVerdictOf(ends, known)
  if (proven) return proven
  if (!ends.every(end => isLie(end) || wordOf(end, known))) return undefined
  const lie = ends.at(-1)
  return (
    ends.find(end => wordOf(end, known)) ??
    (lie && new WrongRecordError(`No route has brought the content that was asked for: ${lie.message}`, lie))
  )
}

/** Whether a route has ended with a word of the source that refuses the content. */
function wordOf(end: Error | undefined, { hasOpened }: Known): RouteLostError['sourceWord'] {
  if (!(end instanceof RouteLostError)) return undefined
  const { wireStatus, sourceWord } = end
  const refuses = LASTING_STATUSES.includes(wireStatus) || (!hasOpened && wireStatus === PASSING_STATUS)
  return refuses ? sourceWord : undefined
}

/** Whether a route has ended because it brought what no honest node can have sent. */
export function isLie(end: Error | undefined): boolean {
  return [WrongRecordError, WrongSourceError, BrokenSealError].some(kind => end instanceof kind)
}
