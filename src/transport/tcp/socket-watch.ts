import type { networkInterfaces } from 'node:os'
import { AnabranchError } from '../../errors.ts'
import { type Scheduler, systemScheduler } from '../../scheduler.ts'
import { INTERFACE_POLL_MS } from '../limits.ts'
import type { SocketConnection } from './socket-batches.ts'

/** This end's own address of a connection is gone: nothing can come over the connection any more. */
export class AddressGoneError extends AnabranchError {
  constructor(ip: string) {
    super('ERR_ADDRESS_GONE', `This host no longer has the address ${ip} over which the connection went`)
  }
}

export interface SocketWatchInit {
  interfaces(): ReturnType<typeof networkInterfaces>
  scheduler?: Scheduler
}

/**
 * Ends connections whose own address this host has lost, as when it moves to another network: the
 * system keeps them, and would tell only after minutes that nothing arrives.
 */
export class SocketWatch {
  readonly #interfaces: () => ReturnType<typeof networkInterfaces>
  readonly #scheduler: Scheduler
  /** The connections that can lose their address, with the address. */
  readonly #connections = new Map<Pick<SocketConnection, 'abort'>, string>()
  #cancelNext: (() => void) | undefined

  constructor({ interfaces, scheduler = systemScheduler }: SocketWatchInit) {
    this.#interfaces = interfaces
    this.#scheduler = scheduler
  }

  /** Watches a connection until it is closed. One over an address that no interface has cannot lose it. */
  add(connection: Pick<SocketConnection, 'abort' | 'socket'>): void {
    const { socket } = connection
    const ip = plainIp(socket.localAddress ?? '')
    if (socket.destroyed || !this.#ips().has(ip)) return
    this.#connections.set(connection, ip)
    socket.once('close', () => {
      this.#connections.delete(connection)
      if (this.#connections.size === 0) this.#stop()
    })
    this.#cancelNext ??= this.#scheduler.after(INTERFACE_POLL_MS, () => this.#look())
  }

  #look(): void {
    this.#cancelNext = this.#scheduler.after(INTERFACE_POLL_MS, () => this.#look())
    const ips = this.#ips()
    // Where there is no address at all the system does not tell.
    if (ips.size === 0) return
    for (const [connection, ip] of this.#connections)
      if (!ips.has(ip)) connection.abort(new AddressGoneError(ip))
  }

  #stop(): void {
    this.#cancelNext?.()
    this.#cancelNext = undefined
  }

  #ips(): Set<string> {
    const all = Object.values(this.#interfaces()).flatMap(addresses => addresses ?? [])
    return new Set(all.map(({ address }) => address))
  }
}

/** A socket that listens for both families tells IPv4 addresses as IPv6, and link-local ones with their interface. */
function plainIp(ip: string): string {
  return ip.replace(/^::ffff:/, '').replace(/%.*$/, '')
}
