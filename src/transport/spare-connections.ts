import type { Connection, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { Scheduler } from '../scheduler.ts'

export const SPARE_CONNECTIONS = {
  /** Milliseconds for which two connections have to stand before both ends use the one that they keep. */
  settleMs: 5_000,
  /** Milliseconds after which the other one is closed, where it has no streams; else it is looked at again. */
  closeMs: 15_000
} as const

interface Opened {
  connection: Connection
  atMs: number
}

export interface SpareConnectionsInit {
  own: PeerId
  events: TypedEventTarget<Libp2pEvents>
  scheduler: Scheduler
}

/**
 * Lets two nodes that have dialled each other at the same time go on over one connection: the one that the node with the
 * lesser peer id has dialled. Both ends know that without a word. The one who has dialled the other connection closes
 * it, once neither end has used it for a while.
 */
export class SpareConnections {
  readonly #init: SpareConnectionsInit
  readonly #opened = new Map<string, Opened[]>()

  constructor(init: SpareConnectionsInit) {
    this.#init = init
    init.events.addEventListener('connection:open', ({ detail }) => this.#add(detail))
    init.events.addEventListener('connection:close', ({ detail }) => this.#remove(detail))
  }

  /**
   * Of the connections to one peer, those to be used: the one to be kept, or else the one that has stood for longer. One
   * beside which the same end has dialled another does not count: that end has given it up.
   */
  inUse(connections: readonly Connection[]): Connection[] {
    const [first] = connections
    if (!first || connections.length < 2) return [...connections]
    const peer = first.remotePeer.toString()
    const standing = (this.#opened.get(peer) ?? []).filter(
      ({ connection }) => connection.status === 'open' && connections.includes(connection)
    )
    const opened = standing.filter(
      ({ connection }, at) =>
        !standing.slice(at + 1).some(later => later.connection.direction === connection.direction)
    )
    const kept = this.#settled(opened).find(({ connection }) => this.#isKept(connection)) ?? opened[0]
    return kept ? [kept.connection] : [...connections]
  }

  #add(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const opened = this.#opened.get(peer) ?? []
    opened.push({ connection, atMs: this.#init.scheduler.nowMs() })
    this.#opened.set(peer, opened)
    if (opened.length > 1) this.#closeLater(peer)
  }

  #remove(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    const left = (this.#opened.get(peer) ?? []).filter(opened => opened.connection !== connection)
    if (left.length > 0) this.#opened.set(peer, left)
    else this.#opened.delete(peer)
  }

  #closeLater(peer: string): void {
    this.#init.scheduler.after(SPARE_CONNECTIONS.closeMs, () => {
      const opened = this.#opened.get(peer) ?? []
      const settled = this.#settled(opened)
      if (!settled.some(({ connection }) => this.#isKept(connection))) return
      const spare = settled.map(({ connection }) => connection).filter(each => this.#isOwnSpare(each))
      for (const each of spare.filter(({ streams }) => streams.length === 0))
        each.close().catch(error => each.abort(error))
      if (spare.some(({ streams }) => streams.length > 0)) this.#closeLater(peer)
    })
  }

  /** Connections that have stood for a while; a director dials a node back for a moment only. */
  #settled(opened: readonly Opened[]): Opened[] {
    const nowMs = this.#init.scheduler.nowMs()
    return opened.filter(({ atMs }) => nowMs - atMs >= SPARE_CONNECTIONS.settleMs)
  }

  #isKept({ direction, remotePeer }: Connection): boolean {
    return (direction === 'outbound') === this.#init.own.toString() < remotePeer.toString()
  }

  #isOwnSpare(connection: Connection): boolean {
    return connection.direction === 'outbound' && !this.#isKept(connection)
  }
}
