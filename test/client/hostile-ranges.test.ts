import { describe, expect, it } from 'vitest'
import { Transfer } from '../../src/client/transfer.ts'
import { UnexpectedMessageError } from '../../src/client/transfer-errors.ts'
import { createPlanner, POLICY_NAMES } from '../../src/planner/policies/index.ts'
import { extentOf } from '../../src/protocol/extent.ts'
import { decodeRouteMessage, encodeRouteMessage } from '../../src/protocol/route-codec.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { report } from '../protocol/messages.ts'

const SEGMENT_BYTES = 1024
const SEGMENTS = 200
/** The highest number that a message may hold. */
const HIGHEST = Number.MAX_SAFE_INTEGER
/** Route 0 leads over a relay that lies, route 1 over one that does not. */
const [LIAR, HONEST] = [0, 1]

/** A transfer with a planner that has given both routes something to carry. */
function begin(policy: string) {
  const extent = extentOf({ segmentBytes: SEGMENT_BYTES, sizeBytes: SEGMENTS * SEGMENT_BYTES })
  const planner = createPlanner(policy, { extent, memoryBytes: 64 * SEGMENT_BYTES })
  const transfer = new Transfer({
    extent,
    planner,
    check: { learn: () => true, knows: () => true, verify: () => true, forgetBelow: () => {} }
  })
  for (const route of [LIAR, HONEST]) transfer.addRoute(route, { source: { peerId: 'source' } }, 0)
  for (const route of [LIAR, HONEST]) transfer.openingControl(route, 0)
  for (const route of [LIAR, HONEST]) transfer.routeOpened(route, 20, 20)
  return new Exchange(transfer)
}

/** Plays the source and both relays, one tick after the other. */
class Exchange {
  readonly transfer: Transfer
  readonly credits = new Map<number, number>()
  #nowMs = 20
  #horizon = 0
  #sent = 0

  constructor(transfer: Transfer) {
    this.transfer = transfer
    this.tick()
  }

  /** Lets the client plan, and gives the reassignments that it orders. */
  tick() {
    this.#nowMs += 20
    const control = this.transfer.tick(this.#nowMs).controls[0]?.control
    this.#horizon = control?.horizon ?? this.#horizon
    for (const { route, limitBytes } of control?.credits ?? []) this.credits.set(route, limitBytes)
    return control?.reassignments ?? []
  }

  /** Sends what a relay would have to encode, and the client to decode. */
  hear(message: RouteMessage): void {
    const frame = Buffer.concat(encodeRouteMessage(message))
    this.transfer.receive(LIAR, decodeRouteMessage(frame)!, this.#nowMs)
  }

  /** The honest route brings every segment that is granted, until there are no more. */
  finish(onTick = (): void => {}): void {
    for (let tick = 0; tick < 2_000 && !this.transfer.complete; tick++) {
      onTick()
      this.tick()
      if (this.#sent < this.#horizon) this.#bring(this.#sent++)
      this.transfer.consumed(this.transfer.next, this.#nowMs)
    }
  }

  #bring(seq: number): void {
    const payload = new Uint8Array(SEGMENT_BYTES)
    const sentAtUs = this.#nowMs * 1000
    const segment = { kind: 'segment', seq, sentAtUs, repair: false, more: false, payload } as const
    this.transfer.receive(HONEST, segment, this.#nowMs)
  }
}

const EVERYTHING = [{ from: 0, to: HIGHEST }]

describe.each(POLICY_NAMES)('a transfer planned by %s, of which one relay lies', policy => {
  it('drops a route whose relay says that it dropped all segments that can be named', () => {
    const exchange = begin(policy)
    const lie = () => exchange.hear({ kind: 'dropped', bytes: 0, ranges: EVERYTHING })
    expect(lie).toThrow(UnexpectedMessageError)
    exchange.transfer.routeClosed(LIAR, 'it lies', 50)
    exchange.finish()
    expect(exchange.transfer.complete).toBe(true)
  })

  it('completes when the relay says again and again that it dropped more bytes than there are', () => {
    const exchange = begin(policy)
    exchange.finish(() => exchange.hear({ kind: 'dropped', bytes: HIGHEST, ranges: [] }))
    expect(exchange.transfer.complete).toBe(true)
    // What it was given at most, and a window.
    expect(exchange.credits.get(LIAR)).toBeLessThan(2 * SEGMENTS * SEGMENT_BYTES + 8 * 1024 * 1024)
  })

  it('completes when the relay says that every segment was sent before it could be reassigned', () => {
    const exchange = begin(policy)
    let answered = 0
    exchange.finish(() => {
      for (const { id } of exchange.tick()) {
        exchange.hear(report({ reassigned: [{ id, kept: EVERYTHING }] }))
        answered++
      }
    })
    expect(exchange.transfer.complete).toBe(true)
    if (policy === 'adaptive') expect(answered).toBeGreaterThan(0)
  })

  it('drops a route that reports a cut-over past all that was asked for', () => {
    const exchange = begin(policy)
    const version = 1
    const late = () => exchange.hear(report({ patterns: [{ version, from: HIGHEST }] }))
    expect(late).toThrow(UnexpectedMessageError)
    exchange.transfer.routeClosed(LIAR, 'it lies', 50)
    exchange.finish()
    expect(exchange.transfer.complete).toBe(true)
  })
})
