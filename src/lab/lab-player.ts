import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Player } from '../topology/model.ts'
import { nameOf } from '../topology/paths.ts'
import type { Emulation } from './emulation.ts'
import type { LabRoles } from './lab-roles.ts'
import type { ProgressPoint, TransferOutcome } from './measurement.ts'
import { NodeProcess } from './node-process.ts'
import { Playback } from './playback.ts'
import { CONTENT_NAME, gatewayCommand } from './role-command.ts'

/** Time in ms for the gateway to start. */
const START_TIMEOUT_MS = 60_000

/** The client's gateway, and a player that reads the content from it over HTTP. */
export class LabPlayer {
  /** Address of the gateway in the client's node. */
  readonly url: string
  readonly #emulation: Emulation
  readonly #contentHash: string
  readonly #gateway: NodeProcess

  private constructor(emulation: Emulation, roles: LabRoles, gateway: NodeProcess, url: string) {
    this.#emulation = emulation
    this.#contentHash = roles.contentHash
    this.#gateway = gateway
    this.url = url
  }

  /** Starts the gateway in the client's node. Throws NodeProcessError where it does not start. */
  static async start(emulation: Emulation, roles: LabRoles): Promise<LabPlayer> {
    const argv = emulation.inNode(nameOf(emulation.topology, 'client'), gatewayCommand(roles.nodes))
    const gateway = new NodeProcess('gateway', argv)
    const { url } = await gateway.event('listening', START_TIMEOUT_MS)
    return new LabPlayer(emulation, roles, gateway, String(url))
  }

  /** Plays the content: curl reads it, and waits where the player has no room. */
  async play(player: Player, signal: AbortSignal): Promise<TransferOutcome> {
    const { contentBytes } = this.#emulation.topology
    const command = ['curl', '-sS', '-f', `${this.url}/${CONTENT_NAME}`]
    const reader = new NodeProcess('player', this.inClient(command), { output: true })
    const interrupt = () => reader.kill('SIGKILL')
    signal.addEventListener('abort', interrupt)
    const playback = new Playback(contentBytes, player, reader.startedAtMs)
    const hash = createHash('sha256')
    const progress: ProgressPoint[] = []
    let bytes = 0
    for await (const chunk of reader.output as AsyncIterable<Buffer>) {
      hash.update(chunk)
      bytes += chunk.length
      playback.take(chunk.length, performance.now())
      progress.push({ atMs: performance.now() - reader.startedAtMs, bytes })
      await delay(playback.waitMs(performance.now()))
    }
    const { code, endedAtMs } = await reader.ended
    signal.removeEventListener('abort', interrupt)
    return {
      completionMs: endedAtMs - reader.startedAtMs,
      identical: hash.digest('hex') === this.#contentHash,
      progress,
      ...(code === 0 ? {} : { failure: `the player's read ended: ${reader.complaints}` }),
      ...playback.outcome(endedAtMs)
    }
  }

  /** Command line that runs a program in the client's node. */
  inClient(argv: string[]): string[] {
    return this.#emulation.inNode(nameOf(this.#emulation.topology, 'client'), argv)
  }

  async stop(): Promise<void> {
    this.#gateway.kill('SIGTERM')
    await this.#gateway.ended
  }
}
