import { join } from 'node:path'
import { Program } from '../../test/e2e/program.ts'
import { Calendar } from './calendar.ts'
import { FaultyProxy } from './proxy.ts'
import { NODES, RELAYS } from './schedule.ts'

/** Together the relays take some seconds for a content, so that faults meet fetches. */
const RELAY_RATE = '8mbit'

/** Why a node cannot do its work now. */
type Hindrance = 'killed' | 'stopped' | 'starting'

interface Node {
  name: string
  /** The port that it listens on, behind its proxy. */
  port: number
  proxy: FaultyProxy
  calendar: Calendar
  program: Program | undefined
  hindrance: Hindrance | undefined
}

/**
 * A director, a source and relays as processes on loopback, each behind a proxy of its own, and the
 * faults that can be done to them.
 */
export class ChaosNetwork {
  readonly #directory: string
  readonly #contents: string
  readonly #violation: (text: string) => void
  readonly #nodes = new Map<string, Node>()
  readonly #programs: Program[] = []
  #directorPeerId = ''
  #isEnding = false

  constructor(directory: string, contents: string, violation: (text: string) => void) {
    this.#directory = directory
    this.#contents = contents
    this.#violation = violation
  }

  /** All processes are being ended: what they do from now on means nothing. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  /** Where clients find the director: through its proxy. */
  get directorAddress(): string {
    return `${addressOf(this.#node('director').proxy.port)}/p2p/${this.#directorPeerId}`
  }

  /** Starts everything; resolves when all have registered. */
  async start(): Promise<void> {
    for (const name of NODES) {
      const port = await freePort()
      const proxy = new FaultyProxy(port)
      await proxy.start()
      const calendar = new Calendar(this.#directory, name)
      this.#nodes.set(name, { name, port, proxy, calendar, program: undefined, hindrance: undefined })
    }
    await this.#launch(this.#node('director'))
    const members = NODES.filter(name => name !== 'director').map(name => this.#node(name))
    await Promise.all(members.map(node => this.#launch(node)))
    for (const { program } of members) await program!.event('registered')
  }

  /** Whether a fetch can go on: its source is well, and so is a relay. */
  get isUsable(): boolean {
    const isWell = (name: string) => {
      const { proxy, hindrance } = this.#node(name)
      return hindrance === undefined && !proxy.isHole
    }
    return isWell('director') && isWell('source') && RELAYS.some(isWell)
  }

  proxyOf(name: string): FaultyProxy {
    return this.#node(name).proxy
  }

  /** Kills a node, which has to be well. Returns what starts it again, or undefined where it is not well. */
  kill(name: string, isMoved = false): (() => Promise<void>) | undefined {
    const node = this.#node(name)
    if (node.hindrance) return undefined
    node.hindrance = 'killed'
    node.program!.kill('SIGKILL')
    return async () => {
      await node.program!.ended
      if (isMoved) await node.proxy.move()
      node.hindrance = 'starting'
      await this.#launch(node)
      node.hindrance = undefined
    }
  }

  /** Makes a node stand still. Returns what lets it go on, or undefined where it is not well. */
  stop(name: string): (() => Promise<void>) | undefined {
    const node = this.#node(name)
    if (node.hindrance) return undefined
    node.hindrance = 'stopped'
    node.program!.kill('SIGSTOP')
    return async () => {
      node.program!.kill('SIGCONT')
      node.hindrance = undefined
    }
  }

  /** Has a node's calendar jump. Returns what lets it jump back, or undefined where it has jumped already. */
  jump(name: string): (() => Promise<void>) | undefined {
    const { calendar } = this.#node(name)
    return calendar.jump(() => this.#node(name).program)
  }

  /** Starts any command of the program. `cwd`: default this network's directory. */
  run(args: string[], calendar: Calendar, cwd = this.#directory): Program {
    const homes = { XDG_CONFIG_HOME: this.#directory, XDG_STATE_HOME: this.#directory }
    const program = new Program(args, { cwd, environment: { ...homes, ...calendar.environment } })
    this.#programs.push(program)
    return program
  }

  /** Ends all processes and connections at once, without a wait. */
  killAll(): void {
    this.#isEnding = true
    for (const program of this.#programs) if (program.isRunning) program.kill('SIGKILL')
    for (const { proxy } of this.#nodes.values()) proxy.stop()
  }

  /** Ends everything; resolves when no process is left. */
  async end(): Promise<void> {
    this.killAll()
    await Promise.all(this.#programs.map(program => program.ended))
  }

  async #launch(node: Node): Promise<void> {
    if (this.#isEnding) return
    const { name, port, proxy } = node
    const role = name.replace(/\d+$/, '')
    const announced = ['--listen', addressOf(port), '--announce', addressOf(proxy.port)]
    const args = [role, 'start', '--json', '-v', '--home', join(this.#directory, name), ...announced]
    if (role !== 'director') args.push('--director', this.directorAddress)
    if (role === 'source') args.push('--dir', this.#contents)
    if (role === 'relay') args.push('--max-rate', RELAY_RATE)
    const program = this.run(args, node.calendar)
    node.program = program
    const { peerId } = await program.event('listening')
    if (role === 'director') this.#directorPeerId = peerId
    void program.ended.then(({ code, signal }) => {
      if (this.#isEnding || node.program !== program || node.hindrance === 'killed') return
      this.#violation(`${name} ended by itself (${code ?? signal}): ${program.complaints}`)
    })
  }

  #node(name: string): Node {
    return this.#nodes.get(name)!
  }
}

function addressOf(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`
}

async function freePort(): Promise<number> {
  const proxy = new FaultyProxy(0)
  await proxy.start()
  const { port } = proxy
  proxy.stop()
  return port
}
