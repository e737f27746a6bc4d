import { fastestCipher } from '#aead'
import { concatBytes } from '../protocol/bytes.ts'
import { SECRET_BYTES } from '../protocol/limits.ts'
import { encodeSecret } from '../protocol/route-codec.ts'
import type { Open, Plan, RouteMessage, SeqRange } from '../protocol/route-messages.ts'
import { type RouteCoding, RouteSeal } from '../protocol/route-seal.ts'
import { BrokenSealError, sessionIdOf } from '../protocol/seal.ts'
import type { HandshakeEnd, RelayedHandshakes } from '../transport/relayed-handshake.ts'

/** Frames within which relays have to tell of the segments that they have dropped: some MiB. */
const MAX_UNEXPLAINED_FRAMES = 256

/** Sources of which a client keeps secrets; those met longest ago are forgotten first. */
const MAX_SOURCES = 256
/** Secrets that a client keeps of one source: each session beside others has brought one. */
const MAX_OF_SOURCE = 32

/**
 * The secrets that sources have given a client for its next sessions with each: with one it needs no handshake. Each serves
 * once.
 */
export class NextSecrets {
  /** The secrets of each source, the newest last: that is the one which the source keeps longest. */
  readonly #bySource = new Map<string, Uint8Array[]>()

  keep(sourceId: string, secret: Uint8Array): void {
    const known = this.#bySource.get(sourceId) ?? []
    this.#bySource.delete(sourceId)
    this.#bySource.set(sourceId, [...known.slice(1 - MAX_OF_SOURCE), secret])
    if (this.#bySource.size > MAX_SOURCES) this.#bySource.delete(this.#bySource.keys().next().value!)
  }

  take(sourceId: string): Uint8Array | undefined {
    return this.#bySource.get(sourceId)?.pop()
  }
}

/** The client's side of one session with one source: the secret that all its routes are sealed with. */
export class SealedSession {
  readonly sourceId: string
  readonly secret: Uint8Array<ArrayBuffer>
  readonly sessionId: Uint8Array<ArrayBuffer>
  readonly #handshakes: RelayedHandshakes
  readonly #nextSecrets: NextSecrets
  /** Routes that may ask for something as soon as the source has the secret. */
  readonly #waiting = new Set<() => void>()
  #openings = 0
  /**
   * Whether the source has the secret, or will have it before what is sent now arrives. Should it have lost it, it asks
   * for a handshake.
   */
  isShared: boolean

  constructor(sourceId: string, handshakes: RelayedHandshakes, nextSecrets: NextSecrets) {
    this.sourceId = sourceId
    this.#handshakes = handshakes
    this.#nextSecrets = nextSecrets
    const known = nextSecrets.take(sourceId)
    this.isShared = known !== undefined
    this.secret = Uint8Array.from(known ?? crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
    this.sessionId = sessionIdOf(this.secret)
  }

  /** The seal of a stream that is about to carry the route. */
  sealRoute(route: number): ClientRouteSeal {
    return new ClientRouteSeal(this, this.#handshakes, route, ++this.#openings)
  }

  /** Calls back once the source has the secret; returns how to take that back. */
  whenShared(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  /** A handshake has brought the secret to the source. */
  shared(): void {
    this.isShared = true
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }

  keepNext(secret: Uint8Array): void {
    this.#nextSecrets.keep(this.sourceId, secret)
  }
}

/** Seals one stream of a session: its messages, and the handshake that goes with its `open`. */
export class ClientRouteSeal implements RouteCoding {
  readonly #session: SealedSession
  readonly #handshakes: RelayedHandshakes
  /** Ascending among the streams that have carried this route's number. */
  readonly opening: number
  readonly #coding: RouteSeal
  #handshake: HandshakeEnd<void> | undefined
  #first: Uint8Array<ArrayBuffer> | undefined
  /** Segments that relays were told to drop where they have them, and those of which they have said that they did. */
  #mayDrop = 0
  #toldDropped = 0
  /** Frames that have come since relays owe an explanation of what is missing. */
  #unexplained = 0
  /** The number of the last order that let relays drop segments. */
  #lastDrop = 0

  constructor(session: SealedSession, handshakes: RelayedHandshakes, route: number, opening: number) {
    this.#session = session
    this.#handshakes = handshakes
    this.opening = opening
    this.#coding = new RouteSeal({ secret: session.secret, route, opening })
  }

  /** Whether a request can go with `open`. If not, it has to wait for `whenShared`. */
  get isShared(): boolean {
    return this.#session.isShared
  }

  whenShared(callback: () => void): () => void {
    return this.#session.whenShared(callback)
  }

  /**
   * Begins the handshake that goes with `open`, which may be sent when this resolves. What the handshake has to send later
   * goes to `send`; `failed` is told why the source has not proved to be the one that is meant.
   */
  begin(send: (message: RouteMessage) => void, failed: (reason: Error) => void): Promise<void> {
    const { sourceId, sessionId, secret } = this.#session
    return new Promise(begun => {
      const carry = (bytes: Uint8Array) => {
        if (this.#first) {
          send({ kind: 'handshake', bytes })
          return
        }
        this.#first = Uint8Array.from(bytes)
        begun()
      }
      const message = encodeSecret({ secret, cipher: fastestCipher() })
      this.#handshake = this.#handshakes.initiate(sourceId, sessionId, message, carry)
      this.#handshake.done.then(() => this.#session.shared(), failed)
    })
  }

  /** Takes what the source says in the handshake. */
  receive(bytes: Uint8Array): void {
    this.#handshake?.receive(bytes)
  }

  /** The stream is over. */
  end(reason: Error): void {
    this.#handshake?.abort(reason)
  }

  encode(message: RouteMessage): Uint8Array[] {
    if (message.kind === 'plan') this.#allowDrops(message)
    else if (message.kind === 'open') this.#allowDrops(message.plan)
    return this.#coding.encode(message.kind === 'open' ? { kind: 'open', ...this.#sealed(message) } : message)
  }

  decode(frame: Uint8Array): RouteMessage | undefined {
    const message = this.#coding.decode(frame)
    if (message?.kind === 'opened' && message.nextSecret) this.#session.keepNext(message.nextSecret)
    if (message?.kind === 'dropped') this.#toldDropped += segmentsIn(message.ranges)
    this.#checkGaps()
    return message
  }

  /**
   * Relays tell what they drop before the next segment passes, but that may come over a lane, and overtake it. So a gap
   * that may yet be explained is looked at again.
   */
  #checkGaps(): void {
    const { missing } = this.#coding
    this.#unexplained = missing > this.#toldDropped ? this.#unexplained + 1 : 0
    if (missing > this.#mayDrop || this.#unexplained > MAX_UNEXPLAINED_FRAMES)
      throw new BrokenSealError('segments were left out')
  }

  #allowDrops({ drops }: Plan): void {
    for (const { id, ranges } of drops) {
      if (id <= this.#lastDrop) continue
      this.#lastDrop = id
      this.#mayDrop += segmentsIn(ranges)
    }
  }

  #sealed(open: Open): Open {
    const { request } = open
    return {
      ...open,
      opening: this.opening,
      handshake: this.#first!,
      request: request.byteLength > 0 ? this.#sealedRequest(request) : request
    }
  }

  /** The request as a sealed frame of its own has it, without the kind. */
  #sealedRequest(request: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(concatBytes(this.#coding.encode({ kind: 'request', request })).subarray(1))
  }
}

function segmentsIn(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0)
}
