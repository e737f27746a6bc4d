import { routeName } from '../pattern/pattern.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { InvalidReceiptError, type Receipt, readReceipt, verifyReceipt } from '../protocol/receipt.ts'

/** A receipt for people and other programs. What counts is `signed`, of which all else is a reading. */
export interface ExportedReceipt {
  relay: string
  client: string
  /** Hex. */
  sessionId: string
  /** The route's letter. */
  route: string
  opening: number
  bytes: number
  /** Milliseconds since 1970, UTC. */
  atMs: number
  /** The receipt in its signed form, in hex. */
  signed: string
}

export function exportReceipt(signed: Uint8Array): ExportedReceipt {
  return readable(readReceipt(signed), toHex(signed))
}

/** The receipt that was exported, once its signature and its reading hold. Throws InvalidReceiptError. */
export async function importReceipt(exported: unknown): Promise<Receipt> {
  const claimed = exported as Partial<ExportedReceipt> | null
  const signed = claimed?.signed
  if (typeof signed !== 'string') throw new InvalidReceiptError("there is no 'signed' in it")
  const receipt = await verifyReceipt(bytesOf(signed))
  for (const [key, value] of Object.entries(readable(receipt, signed))) {
    if (claimed?.[key as keyof ExportedReceipt] !== value) {
      throw new InvalidReceiptError(`'${key}' is not what was signed`)
    }
  }
  return receipt
}

/** Adds up what receipts acknowledge: of those of one stream only the highest counts. */
export class ReceiptSum {
  readonly #bytesByStream = new Map<string, number>()
  readonly #clients = new Set<string>()

  add({ relay, client, sessionId, route, opening, bytes }: Receipt): void {
    const stream = [relay, client, toHex(sessionId), route, opening].join(' ')
    this.#bytesByStream.set(stream, Math.max(bytes, this.#bytesByStream.get(stream) ?? 0))
    this.#clients.add(client)
  }

  /** How many streams of routes were signed for, by how many clients, and their bytes in all. */
  get total(): { streams: number; clients: number; bytes: number } {
    const streams = [...this.#bytesByStream.values()]
    return {
      streams: streams.length,
      clients: this.#clients.size,
      bytes: streams.reduce((sum, bytes) => sum + bytes, 0)
    }
  }
}

function readable({ sessionId, route, ...rest }: Receipt, signed: string): ExportedReceipt {
  return { ...rest, sessionId: toHex(sessionId), route: routeName(route), signed }
}

function bytesOf(hex: string): Uint8Array {
  try {
    return fromHex(hex)
  } catch (error) {
    throw new InvalidReceiptError("'signed' is not hex", error)
  }
}
