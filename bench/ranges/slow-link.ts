import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SlowLinkInit {
  /** Of this host, to which the link leads. */
  port: number
  rateBytesPerMs: number
  /** Each way. */
  delayMs: number
}

/** A link to a port of this host that all its connections share: each way has a rate and a delay, and a queue without end. */
export class SlowLink {
  readonly #init: SlowLinkInit

  constructor(init: SlowLinkInit) {
    this.#init = init
  }

  /** Resolves with the port that it listens on. */
  async start(): Promise<number> {
    const ways = { to: { freeAtMs: 0 }, from: { freeAtMs: 0 } }
    const server = createServer(near => {
      const far = connect(this.#init.port, '127.0.0.1')
      this.#carry(near, far, ways.to)
      this.#carry(far, near, ways.from)
    })
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve)
    })
    return (server.address() as AddressInfo).port
  }

  #carry(from: Socket, to: Socket, way: { freeAtMs: number }): void {
    const { rateBytesPerMs, delayMs } = this.#init
    const underWay: { bytes: Buffer; atMs: number }[] = []
    // Timers of different lengths may fall due in another order than they were set, so there is one at a time.
    const deliver = () => {
      const nowMs = performance.now()
      while (underWay[0] && underWay[0].atMs <= nowMs) {
        const { bytes } = underWay.shift()!
        if (!to.destroyed) to.write(bytes)
      }
      if (underWay[0]) setTimeout(deliver, underWay[0].atMs - nowMs)
    }
    from.setNoDelay()
    from.on('data', bytes => {
      const nowMs = performance.now()
      way.freeAtMs = Math.max(way.freeAtMs, nowMs) + bytes.length / rateBytesPerMs
      underWay.push({ bytes, atMs: way.freeAtMs + delayMs })
      if (underWay.length === 1) setTimeout(deliver, underWay[0]!.atMs - nowMs)
    })
    from.on('error', () => to.destroy())
    from.on('close', () => setTimeout(() => to.destroy(), delayMs))
  }
}
