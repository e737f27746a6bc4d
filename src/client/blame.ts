import { AnabranchError, ExitCode } from '../errors.ts'
import type { Fault } from '../protocol/director-messages.ts'
import { BrokenSealError } from '../protocol/seal.ts'
import { WrongRecordError, WrongSourceError } from './route-errors.ts'
import type { RoutePath } from './route-table.ts'
import { CorruptSegmentError } from './transfer-errors.ts'

/** The source itself sends bytes that its signed record does not vouch for. */
export class WrongContentError extends AnabranchError {
  constructor(sourceId: string, what: string) {
    super(
      'ERR_WRONG_CONTENT',
      `The source ${sourceId} sends a wrong ${what}: the file has changed there without a new record; nothing of it was kept`,
      { exitCode: ExitCode.integrity }
    )
  }
}

/** Whose fault the end of a route is: the source's, from which nothing more is fetched; or that of the path's relays. */
export type Verdict = { of: 'source'; error: WrongContentError } | { of: 'relays'; fault: Fault }

/**
 * Decides whose fault it is that a route has ended. Only relays can break a seal or put another node into the source's
 * place. What is wrong under a whole seal the source alone can have made. On a route in clear a relay may have made it:
 * then wrong bytes are the route's fault, until the same source's come wrong over a route that shares no relay with it.
 */
export class Blame {
  readonly #isSealed: boolean
  /** The relays of the paths over which these bytes of a source came wrong. */
  readonly #seen = new Map<string, Set<string>[]>()

  constructor(isSealed: boolean) {
    this.#isSealed = isSealed
  }

  /** Undefined where nobody's fault is known. */
  judge(path: RoutePath, end: Error): Verdict | undefined {
    if (end instanceof CorruptSegmentError) return this.#judgeBytes(path, end)
    if (end instanceof BrokenSealError) return { of: 'relays', fault: 'tampered' }
    if (end instanceof WrongSourceError) return { of: 'relays', fault: 'impostor' }
    if (end instanceof WrongRecordError && !this.#isSealed) return { of: 'relays', fault: 'corrupt' }
    return undefined
  }

  #judgeBytes({ relays, source }: RoutePath, { what }: CorruptSegmentError): Verdict {
    const peerIds = relays.map(({ peerId }) => peerId)
    const bytes = `${source.peerId} ${what}`
    const seen = this.#seen.get(bytes) ?? []
    const isBlameless = peerIds.length === 0 || seen.some(others => peerIds.every(id => !others.has(id)))
    if (this.#isSealed || isBlameless)
      return { of: 'source', error: new WrongContentError(source.peerId, what) }
    this.#seen.set(bytes, [...seen, new Set(peerIds)])
    return { of: 'relays', fault: 'corrupt' }
  }
}
