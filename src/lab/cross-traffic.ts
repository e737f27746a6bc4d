import { setTimeout as delay } from 'node:timers/promises'
import { addressesFor } from '../topology/addresses.ts'
import type { NodeAddress, Traffic } from '../topology/model.ts'
import type { Emulation } from './emulation.ts'
import { NodeProcess } from './node-process.ts'
import { listening } from './peers/peer-node.ts'
import type { TrafficCourse } from './traffic-figures.ts'
import { DATAGRAM_BYTES, DATAGRAM_OVERHEAD_BYTES, TRAFFIC_SCRIPT } from './traffic-script.ts'

/** Port of the first traffic's receiver; each further one has the next. */
const FIRST_PORT = 5400

interface Run {
  traffic: Traffic
  address: NodeAddress
  port: number
  receiver: NodeProcess
  sender?: NodeProcess
}

/** The traffic of others in a lab: a receiver and a sender for each, as processes of their nodes. */
export class CrossTraffic {
  readonly #emulation: Emulation
  readonly #runs: Run[]
  readonly #over = new AbortController()

  private constructor(emulation: Emulation, runs: Run[]) {
    this.#emulation = emulation
    this.#runs = runs
  }

  /** Starts the receivers. Throws NodeProcessError where one does not start. */
  static async start(emulation: Emulation): Promise<CrossTraffic> {
    const runs = emulation.topology.traffic.map((traffic, index): Run => {
      const [address] = addressesFor(emulation.topology, traffic.to, traffic.from)
      const port = FIRST_PORT + index
      const receiver = perl(emulation, traffic.to, [
        'receive',
        protocolOf(traffic),
        address!.ip,
        String(port)
      ])
      return { traffic, address: address!, port, receiver }
    })
    const all = new CrossTraffic(emulation, runs)
    try {
      for (const { traffic, port, receiver } of runs)
        await listening(emulation, traffic.to, receiver, { protocol: protocolOf(traffic), port })
    } catch (error) {
      await all.stop(0)
      throw error
    }
    return all
  }

  /** Starts and ends each traffic at its time. `startedAtMs` is time 0 by performance.now(). */
  play(startedAtMs: number): void {
    for (const [index, run] of this.#runs.entries()) this.#playOne(run, index, startedAtMs).catch(() => {})
  }

  /** Ends all. Returns how much had come, in times since `startedEpochMs`. */
  async stop(startedEpochMs: number): Promise<TrafficCourse[]> {
    this.#over.abort()
    for (const { sender, receiver } of this.#runs) {
      sender?.kill('SIGTERM')
      receiver.kill('SIGKILL')
    }
    await Promise.all(this.#runs.flatMap(({ sender, receiver }) => [sender?.ended, receiver.ended]))
    return this.#runs.map(({ traffic, receiver }) => ({
      traffic,
      progress: receiver.events.map(({ epochMs, bytes }) => ({
        atMs: Number(epochMs) - startedEpochMs,
        bytes: Number(bytes)
      }))
    }))
  }

  async #playOne(run: Run, index: number, startedAtMs: number): Promise<void> {
    const { signal } = this.#over
    const until = (atMs: number) =>
      delay(Math.max(0, startedAtMs + atMs - performance.now()), undefined, { signal })
    await until(run.traffic.atMs)
    run.sender = perl(this.#emulation, run.traffic.from, senderArguments(run, index))
    if (run.traffic.untilMs === undefined) return
    await until(run.traffic.untilMs)
    run.sender.kill('SIGTERM')
  }
}

function protocolOf({ kind }: Traffic): 'tcp' | 'udp' {
  return kind === 'udp-cbr' ? 'udp' : 'tcp'
}

function senderArguments({ traffic, address, port }: Run, index: number): string[] {
  const to = [address.ip, String(port)]
  const { kind, rateBytesPerSecond = 0 } = traffic
  if (kind === 'tcp') return ['send', 'tcp', ...to]
  if (kind === 'web') return ['send', 'web', ...to, String(rateBytesPerSecond), String(index + 1)]
  const frameBytes = DATAGRAM_BYTES + DATAGRAM_OVERHEAD_BYTES[address.family]
  return ['send', 'udp', ...to, String(rateBytesPerSecond / frameBytes)]
}

function perl(emulation: Emulation, node: string, args: string[]): NodeProcess {
  const argv = emulation.inNode(node, ['perl', '-e', TRAFFIC_SCRIPT, '--', ...args])
  return new NodeProcess(`traffic at ${node}`, argv)
}
