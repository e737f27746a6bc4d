import { type AddressInfo, createServer, type Server, Socket } from 'node:net'

/** What becomes of the next bytes of a connection. */
type Spoiling = 'flip' | 'cut' | undefined

/** The two sockets of a connection that goes through the proxy, and what becomes of the next bytes in each direction. */
interface Pair {
  near: Socket
  far: Socket
  spoiling: { near: Spoiling; far: Spoiling }
}

/**
 * Stands between a node and all that dial it, and fails on request. The node's own port stays as it
 * is; the proxy's is the one that others know.
 */
export class FaultyProxy {
  readonly #targetPort: number
  readonly #pairs = new Set<Pair>()
  #server: Server | undefined
  #isHole = false

  constructor(targetPort: number) {
    this.#targetPort = targetPort
  }

  get port(): number {
    return (this.#server!.address() as AddressInfo).port
  }

  get isHole(): boolean {
    return this.#isHole
  }

  /** Listens on a fresh port. */
  async start(): Promise<void> {
    const server = createServer(near => this.#connect(near))
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
  }

  /** Ends its connections and listens on another port. */
  async move(): Promise<void> {
    const old = this.#server!
    await this.start()
    old.close()
    this.reset()
  }

  stop(): void {
    this.#server?.close()
    this.reset()
  }

  reset(): void {
    for (const pair of this.#pairs) this.#end(pair)
  }

  /** Swallows what comes from now on. */
  openHole(): void {
    this.#isHole = true
  }

  /**
   * Lets bytes pass again. Connections that have lost bytes are reset: no retransmission brings
   * these here.
   */
  closeHole(): void {
    this.#isHole = false
    this.reset()
  }

  /** Spoils what comes next in each direction of each connection. */
  spoil(how: 'flip' | 'cut'): void {
    for (const { spoiling } of this.#pairs) {
      spoiling.near = how
      spoiling.far = how
    }
  }

  #connect(near: Socket): void {
    const far = new Socket()
    const pair: Pair = { near, far, spoiling: { near: undefined, far: undefined } }
    this.#pairs.add(pair)
    for (const socket of [near, far]) {
      socket.setNoDelay()
      socket.on('error', () => this.#end(pair))
      socket.on('close', () => this.#end(pair))
    }
    far.connect(this.#targetPort, '127.0.0.1')
    this.#pass(pair, 'near', near, far)
    this.#pass(pair, 'far', far, near)
  }

  #pass(pair: Pair, side: 'near' | 'far', from: Socket, to: Socket): void {
    from.on('end', () => this.#isHole || to.end())
    from.on('drain', () => to.resume())
    from.on('data', bytes => {
      if (this.#isHole) return
      const spoiling = pair.spoiling[side]
      pair.spoiling[side] = undefined
      if (spoiling === 'cut') {
        to.end(bytes.subarray(0, bytes.length >> 1))
        return
      }
      if (spoiling === 'flip') {
        const at = bytes.length >> 1
        bytes[at] = bytes[at]! ^ 0x10
      }
      if (!to.destroyed && !to.writableEnded && !to.write(bytes)) from.pause()
    })
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return
    for (const socket of [pair.near, pair.far]) {
      if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
    }
  }
}
