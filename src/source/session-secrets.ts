import { toHex } from '../protocol/bytes.ts'
import type { CipherName } from '../protocol/cipher.ts'
import { MalformedMessageError } from '../protocol/malformed-message.ts'
import { sessionIdOf } from '../protocol/seal.ts'
import type { SourceLimits } from './limits.ts'

/** A secret that a client and this source share. */
export interface SharedSecret {
  secret: Uint8Array
  /** Peer id of the client, which has proved it. */
  client: string
  /** The cipher of the source's direction. */
  cipher: CipherName
}

/** What the streams of one sealed session have in common: the secret, once it is known. */
export class SecretSession {
  shared: SharedSecret | undefined
  /** Streams that have named the session and are not over. */
  streams = 0
  readonly #waiting = new Set<() => void>()
  /** The highest opening of each route number so far: the keys of that and of those below have been used. */
  readonly openings: Map<number, number>

  constructor(openings = new Map<number, number>()) {
    this.openings = openings
  }

  /** Calls back when the secret becomes known; returns how to take that back. */
  whenShared(callback: () => void): () => void {
    this.#waiting.add(callback)
    return () => this.#waiting.delete(callback)
  }

  learn(shared: SharedSecret): void {
    this.shared ??= shared
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const callback of waiting) callback()
  }

  /**
   * Takes note of a stream that carries a route's number. Throws MalformedMessageError where it is not newer than the one
   * before: its keys have been used already.
   */
  open(route: number, opening: number): void {
    if (opening <= (this.openings.get(route) ?? 0))
      throw new MalformedMessageError('a route that is opened a second time')
    this.openings.set(route, opening)
  }
}

/**
 * Keeps the secrets of sealed sessions while streams use them, and those given out for sessions to come, each of which
 * serves once. Pure.
 */
export class SessionSecrets {
  readonly #limits: SourceLimits
  readonly #sessions = new Map<string, SecretSession>()
  /** Secrets given out, by the id of the session that they are for; the oldest first. */
  readonly #given = new Map<string, SharedSecret & { untilMs: number }>()
  /**
   * The openings of sessions that are over, those that ended first in front. A client may go on with such a session, and
   * whoever has kept an `open` of it must not have its keys used a second time.
   */
  readonly #ended = new Map<string, { openings: Map<number, number>; untilMs: number }>()

  constructor(limits: SourceLimits) {
    this.#limits = limits
  }

  /** A stream has named a session; `leave` is to be called when it is over. */
  enter(sessionId: Uint8Array, nowMs: number): SecretSession {
    const key = toHex(sessionId)
    const session = this.#sessions.get(key) ?? this.#begin(key, nowMs)
    session.streams++
    return session
  }

  leave(sessionId: Uint8Array, nowMs: number): void {
    const key = toHex(sessionId)
    const session = this.#sessions.get(key)
    if (!session || --session.streams > 0) return
    this.#sessions.delete(key)
    if (session.openings.size > 0) this.#keep(this.#ended, key, { openings: session.openings }, nowMs)
  }

  /** Keeps a fresh secret for the client's next session. */
  give(secret: Uint8Array, { client, cipher }: SharedSecret, nowMs: number): void {
    this.#keep(this.#given, toHex(sessionIdOf(secret)), { secret, client, cipher }, nowMs)
  }

  #keep<T>(kept: Map<string, T & { untilMs: number }>, key: string, value: T, nowMs: number): void {
    const { maxGivenSecrets, givenSecretMs } = this.#limits
    kept.set(key, { ...value, untilMs: nowMs + givenSecretMs })
    for (const [old, { untilMs }] of kept) {
      if (kept.size <= maxGivenSecrets && untilMs > nowMs) break
      kept.delete(old)
    }
  }

  #begin(key: string, nowMs: number): SecretSession {
    const session = new SecretSession(this.#ended.get(key)?.openings)
    this.#ended.delete(key)
    const given = this.#given.get(key)
    this.#given.delete(key)
    if (given && given.untilMs > nowMs) session.learn(given)
    this.#sessions.set(key, session)
    return session
  }
}
