import type { Socket } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { AnabranchError, ExitCode } from '../../errors.ts'
import type { LocalAddresses } from '../uplink-choice.ts'

/** An address cannot be dialled by this uplink, which has none of its family. */
export class NoLocalAddressError extends AnabranchError {
  constructor(family: number) {
    super('ERR_NO_LOCAL_ADDRESS', `the uplink has no IPv${family} address`, { exitCode: ExitCode.network })
  }
}

/** What node:net needs to connect from an uplink. */
interface BoundOptions {
  localAddress: string
  family: 4 | 6
}

/** The near end of all TCP connections by one uplink: their local addresses, what they carry, and their end. */
export class LocalEnd {
  /** Where connections to come are made from. */
  addresses: LocalAddresses = {}
  readonly #onDial: (ip: string, from: string) => void
  readonly #sockets = new Set<Socket>()
  #closedBytes = 0

  /** `onDial` is told of each IP address that is about to be dialled, and of the local one. */
  constructor(onDial: (ip: string, from: string) => void = () => {}) {
    this.#onDial = onDial
  }

  /** Bytes that came and went so far, over all connections. */
  get bytes(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + bytesOf(socket), this.#closedBytes)
  }

  /** How to connect to the address. Throws NoLocalAddressError. */
  optionsFor(address: Multiaddr): BoundOptions {
    const [first] = address.getComponents()
    const family = this.#familyFor(first?.name ?? '')
    const localAddress = family === 4 ? this.addresses.ip4 : this.addresses.ip6
    if (localAddress === undefined) throw new NoLocalAddressError(family)
    if (first?.name.startsWith('ip')) this.#onDial(first.value!, localAddress)
    return { localAddress, family }
  }

  /** Takes a connection that was made with `optionsFor`. */
  take(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      if (this.#sockets.delete(socket)) this.#closedBytes += bytesOf(socket)
    })
  }

  /** Breaks all connections at once. */
  end(): void {
    for (const socket of this.#sockets) socket.destroy(new Error('the uplink is not there any more'))
  }

  /** Names without a family are looked up in the one that there is. */
  #familyFor(protocol: string): 4 | 6 {
    if (protocol.endsWith('6')) return 6
    return protocol.endsWith('4') || this.addresses.ip4 !== undefined ? 4 : 6
  }
}

function bytesOf({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten
}
