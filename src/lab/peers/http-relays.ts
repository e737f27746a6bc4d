import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { nameOf, type TopologyPath } from '../../topology/paths.ts'
import type { RoleAction } from '../../topology/topology.ts'
import { runCommand } from '../command.ts'
import type { Emulation } from '../emulation.ts'
import { NodeProcess, NodeProcessError } from '../node-process.ts'
import { CONTENT_NAME } from '../role-command.ts'

const PORT = 8080
const START_TIMEOUT_MS = 10_000

export interface HttpRelaysOptions {
  emulation: Emulation
  paths: TopologyPath[]
  /** Directory that the source serves. */
  contentDirectory: string
  /** Whether to serve by MPTCP without relays: the relays' nodes then forward packets. */
  mptcp?: boolean
}

/**
 * Runs nginx on the source and, as a reverse proxy, on every relay of the paths: the other means
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
      if (role === 'relay' && startAtMs !== undefined) await relays.#setForwarding(name, false)
      else if (role === 'relay' || role === 'source') await relays.#startNode(name)
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
      await this.#setForwarding(name, true)
      await this.#startNode(name)
    } else {
      this.#processes.get(name)?.kill(action === 'kill' ? 'SIGKILL' : 'SIGTERM')
      await this.#setForwarding(name, false)
    }
  }

  async stop(): Promise<void> {
    for (const process of this.#processes.values()) process.kill('SIGKILL')
    await Promise.all([...this.#processes.values()].map(process => process.ended))
    for (const { name } of this.#options.emulation.topology.nodes) await this.#setForwarding(name, true)
  }

  async #startNode(name: string): Promise<void> {
    const { emulation, mptcp } = this.#options
    const isSource = name === nameOf(emulation.topology, 'source')
    if (mptcp === true && !isSource) return
    const locations = isSource
      ? [`location / { root ${this.#options.contentDirectory}; rewrite ^/route[0-9]+/(.*)$ /$1 break; }`]
      : this.#proxyLocations(name)
    if (locations.length === 0) return
    const directory = join(emulation.workDirectory, 'nginx', name)
    await mkdir(directory, { recursive: true })
    await writeFile(join(directory, 'nginx.conf'), configuration(directory, locations))
    const nginx = ['nginx', '-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr']
    const process = new NodeProcess(
      `nginx of ${name}`,
      emulation.inNode(name, mptcp === true ? ['mptcpize', 'run', ...nginx] : nginx)
    )
    this.#processes.set(name, process)
    await this.#listening(name, process)
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

  async #listening(name: string, process: NodeProcess): Promise<void> {
    const giveUpAtMs = performance.now() + START_TIMEOUT_MS
    const listens = () =>
      runCommand(this.#options.emulation.inNode(name, ['ss', '-H', '-l', '-t', '-n', `sport = :${PORT}`]))
    while ((await listens()) === '') {
      if (!process.running || performance.now() > giveUpAtMs) {
        throw new NodeProcessError(`${process.name} does not start: ${process.complaints}`)
      }
      await delay(10)
    }
  }

  async #setForwarding(name: string, forwards: boolean): Promise<void> {
    await runCommand(
      this.#options.emulation.inNode(name, ['sysctl', '-q', '-w', `net.ipv4.ip_forward=${forwards ? 1 : 0}`])
    )
  }
}

/**
 * The nginx configuration: one process, and nothing on disk, as a proxy that stores what its client
 * does not read yet would be no relay.
 */
function configuration(directory: string, locations: string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
master_process off;
user root;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  access_log off;
${temporary.map(name => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
  sendfile on;
  tcp_nodelay on;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_buffers 16 64k;
  proxy_buffer_size 64k;
  proxy_max_temp_file_size 0;
  proxy_connect_timeout 5s;
  proxy_read_timeout 1h;
  send_timeout 1h;
  server {
    listen ${PORT} reuseport;
    ${locations.join('\n    ')}
  }
}
`
}
