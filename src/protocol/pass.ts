import { AnabranchError, ExitCode, WireStatus } from '../errors.ts'
import * as wire from './director.ts'
import { ROUTE_LIMITS } from './limits.ts'
import { decodeWithin } from './malformed-message.ts'
import { PAYLOAD_START, signedBytes } from './signed-form.ts'

/** Bytes of a pass's id. */
export const PASS_ID_BYTES = 16

/** The most by which the clocks of a director and a relay may differ, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 60_000

const MAX_RELAYS = 128
const MAX_SOURCES = 16
// The payload of the signed form (see signed-form.ts) is an encoded `Pass` of director.proto.
const VERSION = 1
const DOMAIN = 'anabranch pass 1'

/** A director's word that relays may serve a client for a while. Peer ids are in their usual form. */
export interface Pass {
  /** 16 random bytes; relays count by it what was forwarded. */
  id: Uint8Array
  client: string
  /** The sources to which routes may lead, 1 to 16. */
  sources: readonly string[]
  /** The relays that may serve, at most 128; none: any relay, but as the first of a route only. */
  relays: readonly string[]
  /** Bytes that each relay may forward to the client, as frames, 0 to 2^53 - 1; absent: no limit. */
  maxBytes?: number
  /** When it was issued, and from when on it is worth nothing: milliseconds since 1970, UTC. */
  issuedAtMs: number
  expiresAtMs: number
}

/** A director as the signer of passes. */
export interface PassSigner {
  /** Its peer id. */
  director: string
  /** Returns the Ed25519 signature of `bytes` by the director's libp2p key. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Tells whether `signature` is a director's Ed25519 signature of `bytes`. */
export type IsSigned = (bytes: Uint8Array, signature: Uint8Array) => boolean

/** What a pass is held against. */
export interface PassUse {
  /** Milliseconds since 1970, UTC. */
  nowMs: number
  /** The directors whose passes count, by their peer ids. */
  directors: ReadonlyMap<string, IsSigned>
  /** Peer ids of the node that asks, of the relay that it asks, and of the source that it wants to reach. */
  asker: string
  relay: string
  source: string
}

/** A pass that holds. */
export interface HeldPass extends Pass {
  /** Peer id of the director that has signed it. */
  director: string
}

/** A pass is malformed, not signed by a director that counts, expired, or for another use. */
export class InvalidPassError extends AnabranchError {
  constructor(reason: string, cause?: unknown) {
    super('ERR_PASS', `The pass does not hold: ${reason}`, {
      wireStatus: WireStatus.refusedPass,
      exitCode: ExitCode.refused,
      cause
    })
  }
}

/**
 * Returns the pass with its director's signature, at most `ROUTE_LIMITS.maxPassBytes`. Throws
 * InvalidPassError where it breaks a limit.
 */
export function signPass(pass: Pass, { director, sign }: PassSigner): Uint8Array<ArrayBuffer> {
  checkLimits(pass)
  const id = Uint8Array.from(pass.id)
  const payload = wire.Pass.encode({
    ...pass,
    director,
    id,
    relays: [...pass.relays],
    sources: [...pass.sources]
  })
  const bytes = new Uint8Array(PAYLOAD_START + payload.byteLength)
  if (bytes.byteLength > ROUTE_LIMITS.maxPassBytes) throw new InvalidPassError('it is too long')
  bytes[0] = VERSION
  bytes.set(sign(signedBytes(DOMAIN, payload)), 1)
  bytes.set(payload, PAYLOAD_START)
  return bytes
}

/**
 * Returns the pass in `bytes` if it holds for this use. The asker is the client that the pass names,
 * or one of the relays that it names: these have checked the pass of the node before them. Throws
 * InvalidPassError.
 */
export function verifyPass(bytes: Uint8Array, use: PassUse): HeldPass {
  if (bytes[0] !== VERSION) throw new InvalidPassError(`its version ${bytes[0] ?? '(none)'} is unknown`)
  if (bytes.byteLength > ROUTE_LIMITS.maxPassBytes) throw new InvalidPassError('it is too long')
  const payload = bytes.subarray(PAYLOAD_START)
  const pass = decode(payload)
  const isSigned = use.directors.get(pass.director)
  if (!isSigned) throw new InvalidPassError('it is not of a director whose passes count here')
  checkLimits(pass)
  checkUse(pass, use)
  // The signature is checked last, as all else costs next to nothing.
  if (!isSigned(signedBytes(DOMAIN, payload), bytes.subarray(1, PAYLOAD_START)))
    throw new InvalidPassError('its signature is wrong')
  return pass
}

function checkUse(pass: Pass, { nowMs, asker, relay, source }: PassUse): void {
  const { client, relays, issuedAtMs, expiresAtMs } = pass
  if (nowMs >= expiresAtMs + MAX_CLOCK_SKEW_MS) throw new InvalidPassError('it has expired')
  if (nowMs < issuedAtMs - MAX_CLOCK_SKEW_MS)
    throw new InvalidPassError('it was issued in the future; the clocks of director and relay differ')
  if (relays.length > 0 && !relays.includes(relay)) throw new InvalidPassError('it is for other relays')
  if (asker !== client && !relays.includes(asker)) throw new InvalidPassError('it is for another client')
  if (!pass.sources.includes(source)) throw new InvalidPassError('it is for another source')
}

function checkLimits({ id, relays, sources, maxBytes = 0, issuedAtMs, expiresAtMs }: Pass): void {
  if (id.byteLength !== PASS_ID_BYTES) throw new InvalidPassError(`its id is not ${PASS_ID_BYTES} bytes`)
  if (relays.length > MAX_RELAYS) throw new InvalidPassError(`it names more than ${MAX_RELAYS} relays`)
  if (sources.length > MAX_SOURCES) throw new InvalidPassError(`it names more than ${MAX_SOURCES} sources`)
  const isInRange = [maxBytes, issuedAtMs, expiresAtMs].every(
    number => Number.isSafeInteger(number) && number >= 0
  )
  if (!isInRange) throw new InvalidPassError('a number in it is not within 0 to 2^53 - 1')
}

function decode(payload: Uint8Array): HeldPass {
  try {
    return decodeWithin(wire.Pass, payload, { relays: MAX_RELAYS, sources: MAX_SOURCES })
  } catch (error) {
    throw new InvalidPassError('it is malformed', error)
  }
}
