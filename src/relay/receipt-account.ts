import { equalBytes } from '../protocol/bytes.ts'
import { InvalidReceiptError, type Receipt, readReceipt } from '../protocol/receipt.ts'
import { KINDS } from '../protocol/route-kinds.ts'
import type { Open } from '../protocol/route-messages.ts'
import { payloadBytesOf } from '../protocol/segment-frame.ts'
import { ReceiptsDueError } from './errors.ts'
import { LEAST_RECEIPT_STEP_BYTES, type RelayLimits } from './limits.ts'

/** Holds what a relay has sent on one route against what the client has signed for. Pure. */
export class ReceiptAccount {
  readonly #open: Pick<Open, 'sessionId' | 'route' | 'opening'>
  readonly #relay: string
  readonly #relaysBehind: readonly string[]
  #sentBytes = 0
  /** Bytes and signer of the last receipt that came, which may still have to be verified. */
  #claimedBytes = 0
  #client: string | undefined
  #receipts = 0
  #signedBytes = 0

  /** `relay`: the peer id of the relay that the route has come to with `open`. */
  constructor({ hops, sessionId, route, opening }: Open, relay: string) {
    this.#open = { sessionId, route, opening }
    this.#relay = relay
    this.#relaysBehind = hops.slice(0, -1).map(({ peerId }) => peerId)
  }

  /** Payload bytes of segments that the client has signed for. */
  get signedBytes(): number {
    return this.#signedBytes
  }

  /** A frame goes to the client. Returns why the route has to end when too much has not been signed for. */
  sent(frame: Uint8Array, limits: Pick<RelayLimits, 'maxUnsignedBytes'>): ReceiptsDueError | undefined {
    if (frame[0] !== KINDS.segment) return undefined
    this.#sentBytes += payloadBytesOf(frame)
    const { maxUnsignedBytes = Number.POSITIVE_INFINITY } = limits
    const isDue = this.#sentBytes - this.#signedBytes > maxUnsignedBytes
    return isDue ? new ReceiptsDueError(this.#signedBytes, this.#sentBytes) : undefined
  }

  /**
   * Takes a receipt that has come. Returns true when it is for this relay: then its signature has to be verified. Returns
   * false when it is for a relay behind this one. Throws InvalidReceiptError where the relay cannot accept it.
   */
  take(signed: Uint8Array): boolean {
    const receipt = readReceipt(signed)
    if (this.#relaysBehind.includes(receipt.relay)) return false
    if (receipt.relay !== this.#relay)
      throw new InvalidReceiptError('it is for a relay that is not on the route')
    this.#check(receipt)
    this.#claimedBytes = receipt.bytes
    this.#client = receipt.client
    return true
  }

  /** The signature of a receipt that was taken has proved genuine. */
  verified({ bytes }: Receipt): void {
    this.#signedBytes = Math.max(this.#signedBytes, bytes)
  }

  #check({ client, sessionId, route, opening, bytes }: Receipt): void {
    const own = this.#open
    if (!equalBytes(sessionId, own.sessionId) || route !== own.route || opening !== (own.opening ?? 0)) {
      throw new InvalidReceiptError('it is for another route')
    }
    if (this.#client !== undefined && client !== this.#client) {
      throw new InvalidReceiptError('the one before was of another client')
    }
    if (bytes <= this.#claimedBytes) throw new InvalidReceiptError('it is for no more than the one before')
    if (bytes > this.#sentBytes) throw new InvalidReceiptError('it is for more than was sent')
    // Each receipt costs the verification of a signature.
    if (++this.#receipts > 1 + this.#sentBytes / LEAST_RECEIPT_STEP_BYTES) {
      throw new InvalidReceiptError('receipts come too often')
    }
  }
}
