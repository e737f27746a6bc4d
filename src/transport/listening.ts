import type { Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pOptions } from 'libp2p'

/** The parts of a libp2p node, as it hands them to its transports. */
export type NodeParts = Parameters<NonNullable<Libp2pOptions['transports']>[number]>[0]

/**
 * Tells what a node's libp2p keeps to itself about listening: the addresses listened on that nobody
 * has verified, which are all public ones, and why it could not listen on some while it could on
 * others.
 */
export class Listening {
  readonly refusals: unknown[] = []
  readonly #choose: (listening: Multiaddr[]) => Multiaddr[]
  #parts: NodeParts | undefined

  /**
   * `choose`: picks the addresses to tell others from those listened on, best first. Default: all
   * of them.
   */
  constructor(choose: (listening: Multiaddr[]) => Multiaddr[] = all => all) {
    this.#choose = choose
  }

  /** Wraps a transport so that its listeners are watched. */
  watch(makeTransport: (parts: NodeParts) => Transport): (parts: NodeParts) => Transport {
    return parts => {
      this.#parts = parts
      const transport = makeTransport(parts)
      const createListener = transport.createListener.bind(transport)
      transport.createListener = options => {
        const listener = createListener(options)
        const listen = listener.listen.bind(listener)
        listener.listen = async address => {
          await listen(address).catch(error => {
            this.refusals.push(error)
            throw error
          })
        }
        return listener
      }
      return transport
    }
  }

  /** The node's parts; they are there once the node was made. */
  get parts(): NodeParts {
    if (!this.#parts) throw new Error('the node has not been made')
    return this.#parts
  }

  /**
   * Returns the addresses to tell others now, best first, each with the peer id at its end.
   * Interfaces come and go.
   */
  addressesToTell(): Multiaddr[] {
    const { transportManager, peerId } = this.parts
    return this.#choose(transportManager.getAddrs()).map(address => address.encapsulate(`/p2p/${peerId}`))
  }
}
