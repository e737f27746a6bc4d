import { AnabranchError, ExitCode } from '../errors.ts'
import type { RoutePath } from './route-table.ts'
import type { CorruptSegmentError } from './transfer.ts'

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

/**
 * Decides whose fault wrong bytes are. On a sealed route nobody but the source can have made them. On a route in clear a
 * relay may have: then it is the route's fault, until the same bytes come wrong over a route that shares no relay with it.
 */
export class Blame {
  readonly #isSealed: boolean
  /** The relays of the paths over which these bytes came wrong. */
  readonly #seen = new Map<string, Set<string>[]>()

  constructor(isSealed: boolean) {
    this.#isSealed = isSealed
  }

  /** The source's fault, if it is; undefined where it is the route's. */
  judge({ relays, source }: RoutePath, { what }: CorruptSegmentError): WrongContentError | undefined {
    const peerIds = relays.map(({ peerId }) => peerId)
    const seen = this.#seen.get(what) ?? []
    const isBlameless = peerIds.length === 0 || seen.some(others => peerIds.every(id => !others.has(id)))
    if (this.#isSealed || isBlameless) return new WrongContentError(source.peerId, what)
    this.#seen.set(what, [...seen, new Set(peerIds)])
    return undefined
  }
}
