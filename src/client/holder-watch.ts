import { OWN_CAPABILITIES } from '../protocol/capabilities.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import { encodeRequest } from '../protocol/route-codec.ts'
import { emptyControl, planOf, type RouteMessage, type SeqRange } from '../protocol/route-messages.ts'
import type { Scheduler } from '../scheduler.ts'
import { isLie } from './content-verdict.ts'
import type { ClientLinks, ClientMemory } from './range-transfer.ts'
import { readRecord } from './record-check.ts'
import { RouteConnection } from './route-connection.ts'
import { RouteLostError } from './route-errors.ts'
import { hopsOf, type RoutePath } from './route-table.ts'
import { SealedSession } from './sealed-session.ts'

/** Milliseconds between two messages that keep the route from being taken for dead; sources wait 120 s. */
const KEEP_ALIVE_MS = 30_000
/** The shortest and the longest wait before a source is asked again, in milliseconds; it doubles with each failure in a row. */
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

export interface HolderWatchInit {
  links: ClientLinks
  memory: ClientMemory
  record: ContentRecord
  scheduler: Scheduler
  /** The source has said what it has. */
  onParts(ranges: SeqRange[], coming: SeqRange[]): void
  /** The source cannot be asked, or no more. */
  onLost(reason: Error): void
}

/** Follows what one source has of a content, over a route that carries nothing else. */
export class HolderWatch {
  readonly #init: HolderWatchInit
  /** The ways to the source, those that failed last behind. */
  #paths: RoutePath[]
  #connection: RouteConnection | undefined
  #cancelTimer: (() => void) | undefined
  #failures = 0
  #isOver = false

  constructor(paths: RoutePath[], init: HolderWatchInit) {
    this.#init = init
    this.#paths = paths
    this.#ask()
  }

  /** The ways to the source as they are now. */
  get paths(): readonly RoutePath[] {
    return this.#paths
  }

  set paths(paths: RoutePath[]) {
    this.#paths = paths
  }

  stop(): void {
    this.#isOver = true
    this.#cancelTimer?.()
    this.#connection?.end(new RouteLostError('the source is not followed any more'))
  }

  #ask(): void {
    const { links, memory, scheduler } = this.#init
    const path = this.#paths[0]!
    const { nextSecrets } = memory
    const { peerId } = path.source
    const sealed = nextSecrets && new SealedSession(peerId, links.node.services.handshakes, nextSecrets)
    const sessionId = sealed?.sessionId ?? crypto.getRandomValues(new Uint8Array(16))
    const control = emptyControl()
    const hops = hopsOf(path)
    const { pass } = path
    const open = {
      hops: hops.slice(1),
      sessionId,
      route: 0,
      plan: planOf(control, 0),
      capabilities: [...OWN_CAPABILITIES],
      ...(pass ? { pass } : {})
    }
    const request = this.#request()
    const connection = new RouteConnection(
      {
        onDialled: canAsk =>
          connection.send({ kind: 'open', ...open, request: canAsk ? request : new Uint8Array() }),
        onSecured: () => connection.send({ kind: 'request', request }),
        onMessage: message => this.#onMessage(message, peerId),
        onClosed: reason => this.#onClosed(reason)
      },
      scheduler,
      sealed?.sealRoute(0)
    )
    this.#connection = connection
    connection.start(links.node, hops)
  }

  #request(): Uint8Array<ArrayBuffer> {
    const { name, rootHash } = this.#init.record
    return encodeRequest({
      name,
      rootHash: Uint8Array.from(rootHash),
      firstSeq: 0,
      control: emptyControl(),
      testBytes: 0,
      capabilities: [...OWN_CAPABILITIES],
      parts: true
    })
  }

  #onMessage(message: RouteMessage, sourcePeerId: string): void {
    if (message.kind === 'opened') {
      const { rootHash } = this.#init.record
      readRecord(message.record, { sourcePeerId, rootHash }).catch(error => this.#connection?.end(error))
      this.#keepAlive()
    } else if (message.kind === 'parts') {
      this.#failures = 0
      this.#init.onParts(message.ranges, message.coming)
    }
  }

  #keepAlive(): void {
    this.#cancelTimer = this.#init.scheduler.after(KEEP_ALIVE_MS, () => {
      this.#connection?.send({ kind: 'control', ...emptyControl() })
      this.#keepAlive()
    })
  }

  #onClosed(reason: Error): void {
    this.#cancelTimer?.()
    if (this.#isOver) return
    this.#init.onLost(reason)
    // Who brings other bytes, or is not the source, is not asked again.
    if (isLie(reason)) return
    this.#paths = [...this.#paths.slice(1), this.#paths[0]!]
    const waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
    this.#cancelTimer = this.#init.scheduler.after(waitMs, () => this.#ask())
  }
}
