import { type Receipt, signReceipt } from '../protocol/receipt.ts'
import type { RouteMessage } from '../protocol/route-messages.ts'
import type { Signer } from '../protocol/signed-form.ts'

/** Bytes of segments between two receipts over one route. */
export const RECEIPT_STEP_BYTES = 16 * 1024 * 1024

export interface RouteReceiptsInit {
  signer: Signer
  /** Peer ids of the route's relays: each gets receipts of its own. */
  relays: readonly string[]
  send(message: RouteMessage): void
  /** The time by the calendar, in milliseconds since 1970, UTC. Default: Date.now. */
  utcMs?(): number
}

/** A route's stream, as its `open` names it. */
type RouteStream = Pick<Receipt, 'sessionId' | 'route' | 'opening'>

/** Acknowledges to the relays of one route what has come over it: now and then, and at the end. */
export class RouteReceipts {
  readonly #init: RouteReceiptsInit
  #stream: RouteStream | undefined
  #bytes = 0
  #signedBytes = 0
  /** Resolves when the receipts made so far are sent: they go out in their order. */
  #sent: Promise<void> = Promise.resolve()

  constructor(init: RouteReceiptsInit) {
    this.#init = init
  }

  /** The route is asked for. */
  begin({ sessionId, route, opening }: RouteStream): void {
    this.#stream = { sessionId, route, opening }
  }

  /** A segment, or a piece of one, has come with so much payload. */
  received(payloadBytes: number): void {
    this.#bytes += payloadBytes
    if (this.#bytes - this.#signedBytes >= RECEIPT_STEP_BYTES) void this.finish()
  }

  /** Signs for all that has come. Resolves when the receipts are sent. */
  finish(): Promise<void> {
    const bytes = this.#bytes
    if (bytes > this.#signedBytes) {
      this.#signedBytes = bytes
      // A key that cannot sign costs the relays their receipts, and the fetch nothing.
      this.#sent = this.#sent.then(() => this.#sign(bytes)).catch(() => {})
    }
    return this.#sent
  }

  async #sign(bytes: number): Promise<void> {
    const { signer, relays, send, utcMs = Date.now } = this.#init
    if (!this.#stream || signer.publicKey.type !== 'Ed25519') return
    for (const relay of relays) {
      const receipt = { ...this.#stream, relay, bytes, atMs: utcMs() }
      send({ kind: 'receipt', bytes: await signReceipt(receipt, signer) })
    }
  }
}
