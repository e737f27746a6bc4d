import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TopologyPath } from '../../topology/paths.ts'
import { nodeNamed, type RoleAction } from '../../topology/topology.ts'
import type { Emulation } from '../emulation.ts'
import { NodeProcess } from '../node-process.ts'
import { CONTENT_NAME } from '../role-command.ts'
import { nginxConfiguration } from './nginx-configuration.ts'
import { listening, setForwarding } from './peer-node.ts'

const PORT = 8080
const TIMES = ['proxy_connect_timeout 5s;', 'proxy_read_timeout 1h;', 'send_timeout 1h;']

export interface HttpRelaysOptions {
  emulation: Emulation
  paths: TopologyPath[]
  /** Directory that each source serves. */
  contentDirectory: string
  /** Whether to serve by MPTCP without relays: the relays' nodes then forward packets. */
  mptcp?: boolean
}

/**
 * Runs nginx on each source and, as a reverse proxy, on every relay of the paths: the other means
 * fetch from these. A node that is killed neither proxies nor forwards packets.
 */
export class HttpRelays {
  readonly #options: HttpRelaysOptions
  readonly #processes = new Map<string, NodeProcess>()

  private constructor(options: HttpRelaysOptions) {
    this.#options = options
  }

  static async start(options: HttpRelaysOptions): Promise<HttpRelays> {
    const relays = new HttpRelays(options)
    const { topology } = options.emulation
    for (const { name, role, startAtMs } of topology.nodes) {
      if (role !== 'relay' && role !== 'source') continue
      if (startAtMs === undefined) await relays.#startNode(name)
      else await setForwarding(options.emulation, name, false)
    }
    return relays
  }

  /** URL of the content over a path, as the client reaches it. */
  urlOf(path: number): string {
    const { emulation, paths } = this.#options
    return `http://${emulation.addressOf(paths[path]!.nodes.at(-2)!)}:${PORT}/route${path}/${CONTENT_NAME}`
  }

  async changeNode(name: string, action: RoleAction): Promise<void> {
    if (action === 'start') {
      await setForwarding(this.#options.emulation, name, true)
      await this.#startNode(name)
    } else {
      this.#processes.get(name)?.kill(action === 'kill' ? 'SIGKILL' : 'SIGTERM')
      await setForwarding(this.#options.emulation, name, false)
    }
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.values()) process.kill('SIGKILL')
    await Promise.all([...this.#processes.values()].map(process => process.ended))
    for (const { name } of this.#options.emulation.topology.nodes)
      await setForwarding(this.#options.emulation, name, true)
  }

  async #startNode(name: string): Promise<void> {
    const { emulation, mptcp } = this.#options
    const isSource = nodeNamed(emulation.topology, name).role === 'source'
    if (mptcp === true && !isSource) return
    const locations = isSource
      ? [`location / { root ${this.#options.contentDirectory}; rewrite ^/route[0-9]+/(.*)$ /$1 break; }`]
      : this.#proxyLocations(name)
    if (locations.length === 0) return
    const directory = join(emulation.workDirectory, 'nginx', name)
    await mkdir(directory, { recursive: true })
    await writeFile(
      join(directory, 'nginx.conf'),
      nginxConfiguration(directory, [`listen ${PORT} reuseport;`, ...TIMES, ...locations])
    )
    const nginx = ['nginx', '-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
    const process = new NodeProcess(
      `nginx of ${name}`,
      emulation.inNode(name, mptcp === true ? ['mptcpize', 'run', ...nginx] : nginx)
    )
    this.#processes.set(name, process)
    await listening(emulation, name, process, { protocol: 'tcp', port: PORT })
  }

  /** For each path through this relay, the nginx location that passes requests to the next hop. */
  #proxyLocations(name: string): string[] {
    const { emulation, paths } = this.#options
    return paths.flatMap(({ nodes }, path) => {
      const index = nodes.indexOf(name)
      if (index <= 0) return []
      const next = `http://${emulation.addressOf(nodes[index - 1]!)}:${PORT}`
      return [`location /route${path}/ { proxy_pass ${next}; }`]
    })
  }
}
