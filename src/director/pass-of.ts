import type { AnswerReply } from '../protocol/director-messages.ts'
import type { Pass } from '../protocol/pass.ts'

/** What a pass has besides what follows from the answer that carries it. */
export interface PassGrant {
  /** See Pass. */
  id: Uint8Array
  client: string
  maxBytes: number | undefined
  nowMs: number
  lifetimeMs: number
}

/** Returns the pass for the routes of an answer; undefined where no relay is in them. */
export function passOf({ routes }: AnswerReply, grant: PassGrant): Pass | undefined {
  const relays = new Set(routes.flatMap(route => route.relays.map(({ peerId }) => peerId)))
  if (relays.size === 0) return undefined
  const { id, client, maxBytes, nowMs, lifetimeMs } = grant
  return {
    id,
    client,
    sources: [...new Set(routes.map(({ source }) => source))],
    relays: [...relays],
    ...(maxBytes === undefined ? {} : { maxBytes }),
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + lifetimeMs
  }
}
