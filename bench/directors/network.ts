import { join } from 'node:path'
import { UNREHEARSED } from '../../test/e2e/harness.ts'
import { Program, type Told } from '../../test/e2e/program.ts'

const DIRECTORS = 3
/** Together the relays take some seconds for a content, so that what is killed meets fetches. */
const RELAY_RATE = '4mbit'

interface DirectorProcess {
  program: Program
  address: string
  isUp: boolean
}

/** Directors that share a state, a source at the first of them, and relays at each in turn, as processes on loopback. */
export class DirectorsNetwork {
  readonly #directory: string
  readonly #state: string
  readonly #programs = new Set<Program>()
  readonly #directors: DirectorProcess[] = []

  constructor(directory: string, state: string) {
    this.#directory = directory
    this.#state = state
  }

  /** The addresses of all directors, killed ones too. */
  get addresses(): string[] {
    return this.#directors.map(({ address }) => address)
  }

  isUp(index: number): boolean {
    return this.#directors[index]!.isUp
  }

  async start(contents: string, relays: number): Promise<void> {
    for (let index = 0; index < DIRECTORS; index++) await this.startDirector(index)
    const members = [this.#member('source', 0, 'source', ['--dir', contents])]
    for (let index = 0; index < relays; index++)
      members.push(this.#member('relay', index % DIRECTORS, `relay${index}`, ['--max-rate', RELAY_RATE]))
    for (const member of members) await member.event('registered')
  }

  async startDirector(index: number): Promise<void> {
    const known = this.#directors[index]
    const listen = known ? known.address.replace(/\/p2p\/.*/, '') : '/ip4/127.0.0.1/tcp/0'
    const args = ['director', 'start', '--json', '-v', '--listen', listen, '--state', this.#state]
    const program = this.#run([...args, '--home', join(this.#directory, `director${index}`)])
    const { addresses } = await program.event('listening')
    this.#directors[index] = { program, address: addresses[0], isUp: true }
  }

  async killDirector(index: number): Promise<void> {
    const director = this.#directors[index]!
    director.isUp = false
    await director.program.end()
  }

  /** Fetches through all directors; gives what the client told last. */
  async fetch(name: string, output: string): Promise<Told> {
    const directors = this.addresses.flatMap(address => ['--director', address])
    const program = this.#run([
      'client',
      'fetch',
      '--checksum',
      name,
      '--json',
      '-o',
      output,
      '--routes',
      '6',
      ...directors
    ])
    await program.ended
    this.#programs.delete(program)
    return program.events.at(-1) ?? { event: 'nothing' }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#programs].map(program => program.end()))
  }

  killAll(): void {
    for (const program of this.#programs) if (program.isRunning) program.kill('SIGKILL')
  }

  #member(role: 'source' | 'relay', director: number, name: string, flags: string[]): Program {
    const home = ['--home', join(this.#directory, name), '--listen', '/ip4/127.0.0.1/tcp/0']
    const { address } = this.#directors[director]!
    return this.#run([role, 'start', '--json', ...home, '--director', address, ...flags])
  }

  #run(args: string[]): Program {
    const homes = { XDG_CONFIG_HOME: this.#directory, XDG_STATE_HOME: this.#directory }
    const program = new Program(args, { cwd: this.#directory, environment: { ...homes, ...UNREHEARSED } })
    this.#programs.add(program)
    return program
  }
}
