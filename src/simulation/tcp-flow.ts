import type { EventQueue } from './event-queue.ts'
import { Steps } from './over-time.ts'
import { Pipe } from './pipe.ts'
import type { Random } from './random.ts'
import { type SimulatedFlow, UNLIMITED_BYTES_PER_SECOND } from './scenario.ts'
import type { SharedLink } from './shared-link.ts'

/** Mean size in bytes of one of many transfers. */
const TRANSFER_BYTES = 100_000

export interface TcpFlowInit {
  events: EventQueue
  random: Random
  links: ReadonlyMap<string, SharedLink>
  spec: SimulatedFlow
  slowStart: boolean
  /** Bytes that the flow sends in one turn: as much as a route does. */
  parcelBytes: number
}

/**
 * A TCP connection that does not belong to the transfer. It is modelled as those of routes are: it
 * takes turns with them where a link is full, so that each has the same part of it, whatever its
 * round trip. Transfers of random sizes go one after the other.
 */
export class TcpFlow {
  /** Payload bytes that had come by the time. */
  readonly progress: { atMs: number; bytes: number }[] = []
  readonly #init: TcpFlowInit
  readonly #pipe: Pipe
  #bytes = 0

  constructor(init: TcpFlowInit) {
    this.#init = init
    const { events, random, links, spec, slowStart } = init
    this.#pipe = new Pipe({
      events,
      random,
      links: spec.links.map(name => links.get(name)!),
      rate: new Steps(UNLIMITED_BYTES_PER_SECOND),
      delay: new Steps(spec.delayMs),
      loss: new Steps(spec.loss ?? 0),
      queueBytes: 0,
      outages: spec.outages ?? [],
      slowStart,
      deliver: ({ bytes }) => {
        this.#bytes += bytes
        this.progress.push({ atMs: events.nowMs, bytes: this.#bytes })
      },
      drained: () => this.#fill()
    })
    events.at(spec.fromMs, () => (spec.rateBytesPerSecond === undefined ? this.#fill() : this.#transfer()))
    events.at(spec.toMs, () => this.#pipe.kill())
  }

  #fill(): void {
    if (this.#init.spec.rateBytesPerSecond !== undefined) return
    while (this.#pipe.writable) this.#send(this.#init.parcelBytes)
  }

  #transfer(): void {
    const { events, random, spec, parcelBytes } = this.#init
    const exponential = () => -Math.log(1 - random())
    for (let left = 1 + Math.floor(exponential() * TRANSFER_BYTES); left > 0; left -= parcelBytes)
      this.#send(Math.min(left, parcelBytes))
    events.after((exponential() * TRANSFER_BYTES * 1000) / spec.rateBytesPerSecond!, () => {
      if (events.nowMs < spec.toMs) this.#transfer()
    })
  }

  #send(bytes: number): void {
    this.#pipe.send({ bytes, frame: new Uint8Array(0) })
  }
}
