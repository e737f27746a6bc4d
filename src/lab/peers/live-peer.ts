import { setTimeout as delay } from 'node:timers/promises'
import { RECORD_BYTES } from '../../topology/live-content.ts'
import { nameOf } from '../../topology/paths.ts'
import type { LiveContent, RoleAction } from '../../topology/topology.ts'
import type { Emulation } from '../emulation.ts'
import { LiveStream } from '../live-stream.ts'
import type { TransferOutcome } from '../measurement.ts'
import { NodeProcess } from '../node-process.ts'
import { listening, setForwarding } from './peer-node.ts'
import { sourceAddress } from './route-addresses.ts'

const PORT = 9000
/** Time in ms, beyond the latency, after which SRT's sender is ended: it does not end with its input. */
const SRT_LINGER_MS = 1_000
/** Time in ms after the content's end until a receiver that goes on has failed. */
const PATIENCE_MS = 60_000

/** Sends its input to the one connection that comes to an address. */
const TCP_SENDER = `const [host, port] = process.argv.slice(1)
require('node:net').createServer(socket => process.stdin.pipe(socket.on('error', () => process.exit(1)))).listen(port, host)`
/** Puts out what comes over a connection. */
const TCP_RECEIVER = `const [host, port] = process.argv.slice(1)
require('node:net').connect(port, host).pipe(process.stdout)`

export type LiveMeans = 'srt' | 'mptcp'

export interface LivePeerOptions {
  emulation: Emulation
  live: LiveContent
  /** Number of the route whose addresses the connection is made between. */
  route: number
}

/**
 * Carries a live content by SRT over one route, or by TCP with all subflows that MPTCP has. The
 * relays' nodes forward packets, unless they are killed.
 */
export class LivePeer {
  readonly #options: LivePeerOptions
  readonly #means: LiveMeans
  #sender: NodeProcess | undefined

  private constructor(means: LiveMeans, options: LivePeerOptions) {
    this.#means = means
    this.#options = options
  }

  /** Starts the sender, and stops the relays that join late. */
  static async start(means: LiveMeans, options: LivePeerOptions): Promise<LivePeer> {
    const peer = new LivePeer(means, options)
    const { emulation } = options
    for (const { name, role, startAtMs } of emulation.topology.nodes)
      if (role === 'relay' && startAtMs !== undefined) await setForwarding(emulation, name, false)
    await peer.#startSender()
    return peer
  }

  async changeNode(name: string, action: RoleAction): Promise<void> {
    const { emulation } = this.#options
    await setForwarding(emulation, name, action === 'start')
    if (name !== nameOf(emulation.topology, 'source')) return
    if (action === 'start') await this.#startSender()
    else this.#sender?.kill(action === 'kill' ? 'SIGKILL' : 'SIGTERM')
  }

  /** Makes the content, from now on, and receives it. */
  async transfer(signal: AbortSignal): Promise<TransferOutcome> {
    const { emulation, live } = this.#options
    const { contentBytes } = emulation.topology
    const stream = new LiveStream(contentBytes, live, performance.now())
    const receiver = new NodeProcess(
      `${this.#means} receiver`,
      emulation.inNode(nameOf(emulation.topology, 'client'), this.#receiverCommand()),
      { output: true }
    )
    receiver.output.on('data', chunk => stream.take(chunk, performance.now()))
    const limitMs = (contentBytes / live.rateBytesPerSecond) * 1000 + PATIENCE_MS
    const late = AbortSignal.timeout(Math.ceil(limitMs))
    const stop = AbortSignal.any([signal, late])
    stop.addEventListener('abort', () => receiver.kill('SIGKILL'))
    const over = new AbortController()
    const fed = this.#feed(stream, AbortSignal.any([stop, over.signal]))
    const { code, endedAtMs } = await receiver.ended
    over.abort()
    await fed
    // SRT's receiver ends with an error when its sender goes, however much has come.
    const failed = late.aborted || (code !== 0 && this.#means !== 'srt')
    return {
      completionMs: endedAtMs - receiver.startedAtMs,
      ...(failed ? { failure: `not done: ${receiver.complaints}` } : {}),
      ...stream.outcome()
    }
  }

  async stop(): Promise<void> {
    const { emulation } = this.#options
    this.#sender?.kill('SIGKILL')
    await this.#sender?.ended
    for (const { name } of emulation.topology.nodes) await setForwarding(emulation, name, true)
  }

  async #feed(stream: LiveStream, signal: AbortSignal): Promise<void> {
    await stream.feed(() => this.#sender?.input, signal)
    this.#sender?.input?.end()
    if (this.#means !== 'srt') return
    const lingerMs = SRT_LINGER_MS + (this.#options.live.latencyMs ?? 0)
    await delay(lingerMs, undefined, { signal }).catch(() => {})
    this.#sender?.kill('SIGTERM')
  }

  async #startSender(): Promise<void> {
    const { emulation } = this.#options
    const source = nameOf(emulation.topology, 'source')
    const process = new NodeProcess(
      `${this.#means} sender`,
      emulation.inNode(source, this.#senderCommand()),
      { input: true }
    )
    this.#sender = process
    const protocol = this.#means === 'srt' ? 'udp' : 'tcp'
    await listening(emulation, source, process, { protocol, port: PORT })
  }

  #senderCommand(): string[] {
    return this.#means === 'srt'
      ? srtCommand('file://con', this.#srtUrl('listener'))
      : tcpCommand(TCP_SENDER, this.#options.route)
  }

  #receiverCommand(): string[] {
    return this.#means === 'srt'
      ? srtCommand(this.#srtUrl('caller'), 'file://con')
      : tcpCommand(TCP_RECEIVER, this.#options.route)
  }

  #srtUrl(mode: 'listener' | 'caller'): string {
    const { route, live } = this.#options
    const latency = live.latencyMs === undefined ? '' : `&latency=${live.latencyMs}`
    return `srt://${sourceAddress(route)}:${PORT}?mode=${mode}&payloadsize=${RECORD_BYTES}${latency}`
  }
}

/** Without stdbuf, up to 16 kB would wait in the receiver for more. */
function srtCommand(from: string, to: string): string[] {
  return ['stdbuf', '-o0', 'srt-live-transmit', '-q', '-a:no', `-chunk:${RECORD_BYTES}`, from, to]
}

function tcpCommand(script: string, route: number): string[] {
  return ['mptcpize', 'run', 'node', '-e', script, sourceAddress(route), String(PORT)]
}
