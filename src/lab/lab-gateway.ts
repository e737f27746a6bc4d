import { nameOf } from '../topology/paths.ts'
import type { Emulation } from './emulation.ts'
import { NodeProcess } from './node-process.ts'
import { gatewayCommand, type LabNodes } from './role-command.ts'

/** Time in ms for the gateway to start. */
const START_TIMEOUT_MS = 60_000

/** A gateway in the client's node. */
export class LabGateway {
  /** Its address in that node, without a slash at the end. */
  readonly url: string
  readonly #process: NodeProcess

  private constructor(process: NodeProcess, url: string) {
    this.#process = process
    this.url = url
  }

  /** Resolves when the gateway listens. Throws NodeProcessError where it does not. */
  static async start(emulation: Emulation, nodes: LabNodes): Promise<LabGateway> {
    const client = nameOf(emulation.topology, 'client')
    const process = new NodeProcess('gateway', emulation.inNode(client, gatewayCommand(nodes, client)))
    const { url } = await process.event('listening', START_TIMEOUT_MS)
    return new LabGateway(process, String(url))
  }

  /** What it complained of. */
  get complaints(): string {
    return this.#process.complaints
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM')
    await this.#process.ended
  }
}
