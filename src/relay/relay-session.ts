import type { Stream } from '@libp2p/interface'
import type { AnabranchError } from '../errors.ts'
import { failpoint } from '../failpoints.ts'
import { verifyReceipt } from '../protocol/receipt.ts'
import type { Hop } from '../protocol/route-messages.ts'
import type { Asker } from '../transport/share.ts'
import { StreamToClient } from '../transport/stream-to-client.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { asAnabranchError } from './errors.ts'
import { NextHop } from './next-hop.ts'
import type { RouteAction } from './route-action.ts'
import type { RouteCore } from './route-core.ts'
import type { RelaySessionStats, SessionHost } from './session-host.ts'

/** Carries out on streams and timers what a RouteCore decides: the client's stream on one side, the next hop's on the other. */
export class RelaySession {
  readonly core: RouteCore
  readonly asker: Asker
  readonly #host: SessionHost<RelaySession>
  readonly #client: StreamToClient
  readonly #deadline: DeadlineTimer
  #next: NextHop | undefined

  constructor(stream: Stream, core: RouteCore, asker: Asker, host: SessionHost<RelaySession>) {
    this.core = core
    this.asker = asker
    this.#host = host
    this.#deadline = new DeadlineTimer(
      host.scheduler,
      () => core.deadlineMs(this.#client.queuedBytes),
      () => this.#tell(nowMs => core.timePassed(nowMs, this.#client.queuedBytes))
    )
    this.#client = new StreamToClient(stream, host.node.lanes, {
      onFrame: frame => this.#tell(nowMs => core.fromClient(frame, nowMs)),
      onEnd: () => this.#tell(nowMs => core.clientEnded(nowMs)),
      onDrain: () => this.#tell(nowMs => core.clientDrained(nowMs)),
      onClose: error => {
        this.#tell(() => core.clientClosed(error))
        this.#deadline.stop()
        host.closed(this)
      }
    })
    this.#deadline.look()
  }

  /** Undefined before the route was asked for. */
  get stats(): RelaySessionStats | undefined {
    const { stats } = this.core
    return (
      stats && {
        ...stats,
        peerId: this.asker.peerId,
        bytesUp: this.bytesUp,
        queuedUpBytes: this.#next?.queuedBytes ?? 0
      }
    )
  }

  /** Frames sent towards the source, in bytes. */
  get bytesUp(): number {
    return this.#next?.sentBytes ?? 0
  }

  /** Whether segments go to the client over a lane. */
  get hasLane(): boolean {
    return this.#client.hasLane
  }

  /** Sends the route's next frame: it is its turn. */
  sendNext(): void {
    this.#tell(nowMs => this.core.sendNext(nowMs, this.#client.queuedBytes))
  }

  end(reason: AnabranchError): void {
    this.#tell(nowMs => this.core.end(reason, nowMs))
  }

  cutShort(reason: AnabranchError): void {
    this.#tell(nowMs => this.core.cutShort(reason, nowMs))
  }

  abort(reason: AnabranchError): void {
    this.#tell(() => this.core.abort(reason))
  }

  /**
   * Tells the core what has happened and carries out the actions that follow. Events that these
   * cause are told while this runs, too: the innermost call carries out all actions that are left,
   * in order.
   */
  #tell(event: (nowMs: number) => void): void {
    event(this.#host.scheduler.nowMs())
    for (let action = this.core.nextAction(); action; action = this.core.nextAction()) this.#do(action)
    this.#read()
    this.#host.offer(this, this.#client.writable, this.#next?.heldBytes ?? 0)
    this.#deadline.look()
  }

  #do(action: RouteAction): void {
    switch (action.kind) {
      case 'sendToClient':
        this.#client.send(action.frame)
        break
      case 'sendToNext':
        this.#next?.send(action.frame)
        if (this.#next?.full) this.core.nextFull()
        break
      case 'dialNext':
        failpoint('relay.admitted')
        this.#next = this.#dial(action.hop, action.opening)
        break
      case 'endNext':
        this.#next?.end()
        break
      case 'abortNext':
        this.#next?.abort(action.reason)
        break
      case 'closeClient':
        void this.#client.close(this.#host.limits.idleTimeoutMs)
        break
      case 'abortClient':
        this.#client.abort(action.reason)
        break
      case 'verifyReceipt':
        void this.#verify(action.signed)
        break
      case 'reportAdmitted':
        this.#host.admitted(this)
        break
      case 'reportRefused':
        this.#host.refused(this, action.refusal)
    }
  }

  async #verify(signed: Uint8Array): Promise<void> {
    try {
      const receipt = await verifyReceipt(signed)
      this.#tell(() => this.core.receiptVerified(receipt))
      this.#host.receipt(receipt, signed)
    } catch (error) {
      this.#tell(nowMs => this.core.receiptRefused(asAnabranchError(error), nowMs))
    }
  }

  #read(): void {
    if (this.core.readsClient) this.#client.resume()
    else this.#client.pause()
    if (this.core.readsNext) this.#next?.resume()
    else this.#next?.pause()
  }

  #dial(hop: Hop, opening: Uint8Array): NextHop {
    const { core } = this
    const { node, limits, scheduler } = this.#host
    const next = new NextHop({
      node,
      peerId: hop.peerId,
      addresses: this.#host.dialable(this, hop),
      limits,
      scheduler,
      handlers: {
        onFrame: frame => {
          failpoint('relay.forward')
          this.#tell(nowMs => core.fromNext(frame, nowMs))
        },
        onEnd: () => this.#tell(nowMs => core.nextEnded(nowMs)),
        onLost: error => this.#tell(nowMs => core.nextLost(error, nowMs)),
        onRoom: () => next.hasRoom && this.#tell(() => core.nextHasRoom())
      }
    })
    next.connect(opening).then(
      () => this.#tell(nowMs => core.nextReached(nowMs)),
      error => this.#tell(nowMs => core.nextLost(error as Error, nowMs))
    )
    return next
  }
}
