import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Emulation } from './emulation.ts'
import { NodeProcessError } from './node-process.ts'
import { nodeDevice } from './wiring.ts'

/** Bytes of each packet that are kept: its headers. */
const SNAP_BYTES = 128
/** Memory in KiB for packets that tcpdump has not read yet. */
const BUFFER_KIB = 16_384

/**
 * Captures the packets of links, by tcpdump at the node that a link names first, until `stop`. What this node sends is
 * seen before the link's queue, and what it receives behind it.
 */
export class PacketCaptures {
  readonly #directory: string
  readonly #processes: ChildProcess[] = []

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** `links` are numbers of links of the topology. Throws NodeProcessError where tcpdump does not start. */
  static async start(emulation: Emulation, links: readonly number[]): Promise<PacketCaptures> {
    const captures = new PacketCaptures(await mkdtemp(join(tmpdir(), 'anabranch-pcap-')))
    try {
      for (const link of links) await captures.#capture(emulation, link)
    } catch (error) {
      await captures.forget()
      throw error
    }
    return captures
  }

  /** Ends all captures; their files are complete then. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.splice(0).map(async child => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      })
    )
  }

  /** Moves the files to a directory, which is made. */
  async moveTo(directory: string): Promise<void> {
    await cp(this.#directory, directory, { recursive: true })
    await this.forget()
  }

  /** Ends all captures, and removes their files. */
  async forget(): Promise<void> {
    await this.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #capture(emulation: Emulation, link: number): Promise<void> {
    const { endpoints } = emulation.topology.links[link]!
    const file = join(this.#directory, `${endpoints.join('-')}.pcap`)
    const tcpdump = ['tcpdump', '-i', nodeDevice(link), '-s', String(SNAP_BYTES), '-B', String(BUFFER_KIB)]
    const [ip, ...rest] = emulation.inNode(endpoints[0], [...tcpdump, '-n', '-U', '-Z', 'root', '-w', file])
    const child = spawn(ip!, rest, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    this.#processes.push(child)
    const lines: string[] = []
    const listens = new Promise<boolean>(resolve => {
      child.once('error', error => {
        lines.push(String(error))
        resolve(false)
      })
      child.once('close', () => resolve(false))
      createInterface(child.stderr!).on('line', line => {
        lines.push(line)
        if (line.includes('listening on')) resolve(true)
      })
    })
    if (!(await listens))
      throw new NodeProcessError(`tcpdump of ${endpoints.join('-')} does not start: ${lines.join('; ')}`)
  }
}
