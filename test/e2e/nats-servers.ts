import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

interface Ports {
  clients: number
  routes: number
}

/** NATS servers with JetStream on loopback, with files below a directory; several of them are a cluster. */
export class NatsServers {
  readonly #directory: string
  readonly #ports: Ports[]
  readonly #processes: (ChildProcess | undefined)[]

  private constructor(directory: string, ports: Ports[]) {
    this.#directory = directory
    this.#ports = ports
    this.#processes = ports.map(() => undefined)
  }

  /** Chooses their ports; none is running yet. */
  static async create(count: number, directory: string): Promise<NatsServers> {
    const ports: Ports[] = []
    for (let i = 0; i < count; i++) ports.push({ clients: await freePort(), routes: await freePort() })
    return new NatsServers(directory, ports)
  }

  /** The value of `--state`. */
  get state(): string {
    return this.#ports.map(({ clients }) => `nats://127.0.0.1:${clients}`).join()
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#ports.map((_, index) => this.start(index)))
  }

  /** Resolves when it takes connections; a cluster has yet to elect who leads. */
  async start(index: number): Promise<void> {
    const home = join(this.#directory, `nats${index}`)
    mkdirSync(home, { recursive: true })
    writeFileSync(join(home, 'server.conf'), this.#configuration(index, home))
    const child = spawn('nats-server', ['-c', join(home, 'server.conf')], {
      stdio: ['ignore', 'ignore', 'pipe']
    })
    this.#processes[index] = child
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`nats-server does not start: see scripts/install-debian-packages.sh`, { cause: error })
    })
    const ready = new Promise<void>((resolve, reject) => {
      const lines: string[] = []
      createInterface(child.stderr!).on('line', line => {
        lines.push(line)
        if (line.includes('Server is ready')) resolve()
      })
      child.once('exit', () => reject(new Error(`nats-server ended: ${lines.slice(-5).join('\n')}`)))
    })
    await Promise.race([ready, failed])
    failed.catch(() => {})
    ready.catch(() => {})
  }

  /** As a power cut does it. */
  async kill(index: number): Promise<void> {
    const child = this.#processes[index]
    this.#processes[index] = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async end(): Promise<void> {
    await Promise.all(this.#ports.map((_, index) => this.kill(index)))
  }

  /** At once, for when this process ends. */
  killAll(): void {
    for (const child of this.#processes) child?.kill('SIGKILL')
  }

  #configuration(index: number, home: string): string {
    const { clients, routes } = this.#ports[index]!
    const others = this.#ports.map(each => `nats://127.0.0.1:${each.routes}`)
    return [
      `server_name: s${index}`,
      `listen: 127.0.0.1:${clients}`,
      `jetstream { store_dir: ${JSON.stringify(join(home, 'store'))}, max_file: 1G, max_mem: 64M }`,
      ...(others.length > 1
        ? [`cluster { name: test, listen: 127.0.0.1:${routes}, routes: [${others.join(', ')}] }`]
        : [])
    ].join('\n')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
