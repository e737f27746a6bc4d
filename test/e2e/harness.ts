import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { Program, type ProgramOptions } from './program.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
/**
 * Environment of sources and relays that do not rehearse: it takes most of the processor time of a start, and changes
 * nothing but the speed of the first fetch.
 */
export const UNREHEARSED = { ANABRANCH_FAILPOINTS: 'member.rehearsal=error' }

/** When all contents that a cluster starts with were last changed: so long ago that a source offers them at once. */
export const CHANGED_AT = new Date('2020-02-29T12:34:56.789Z')

/** Takes what is to be done when those are over who use something. */
export type WhenOver = (end: () => Promise<void>) => void

/** A daemon that listens. */
export interface Daemon extends Program {
  peerId: string
  /** Its first address, peer id included. */
  address: string
}

/** Processes on loopback that make up a network, and a directory for their files. All is gone when it is over. */
export class Cluster {
  readonly directory: string
  /** What the source offers. */
  readonly contents: string
  readonly #programs: Program[] = []
  director: Daemon | undefined
  source: Daemon | undefined
  readonly relays: Daemon[] = []

  private constructor(directory: string) {
    this.directory = directory
    this.contents = join(directory, 'contents')
  }

  /** Ends with the test that makes it, unless `whenOver` is of others. */
  static async create(whenOver: WhenOver = onTestFinished): Promise<Cluster> {
    const cluster = new Cluster(await mkdtemp(join(tmpdir(), 'anabranch-e2e-')))
    const endAtOnce = () => cluster.#killAll()
    process.on('exit', endAtOnce)
    whenOver(async () => {
      process.off('exit', endAtOnce)
      await Promise.all(cluster.#programs.map(program => program.end()))
      await rm(cluster.directory, { recursive: true, force: true })
    })
    await mkdir(cluster.contents)
    return cluster
  }

  /**
   * A director, a source that offers `contents` by then, and relays with these flags each; all registered.
   * All contents were last changed at CHANGED_AT.
   */
  static async start(
    relays: string[][],
    prepare: (contents: string) => Promise<unknown>,
    sourceFlags: string[] = [],
    whenOver?: WhenOver
  ): Promise<Cluster> {
    const cluster = await Cluster.create(whenOver)
    const [director] = await Promise.all([
      cluster.startDirector(),
      prepare(cluster.contents).then(() => makeOld(cluster.contents))
    ])
    cluster.director = director
    const [source, ...others] = await Promise.all([
      cluster.startMember('source', 'source', ['--dir', cluster.contents, ...sourceFlags]),
      ...relays.map((flags, index) => cluster.startMember('relay', `relay${index + 1}`, flags))
    ])
    cluster.source = source
    cluster.relays.push(...others)
    for (const member of [source!, ...others]) await member.event('registered')
    return cluster
  }

  /** A path in the cluster's own directory. */
  path(name: string): string {
    return join(this.directory, name)
  }

  /** Starts any command. */
  run(args: string[], options: ProgramOptions = {}): Program {
    // Neither files nor variables of whoever runs the tests.
    const environment = {
      XDG_CONFIG_HOME: this.directory,
      XDG_STATE_HOME: this.directory,
      XDG_RUNTIME_DIR: this.directory
    }
    const program = new Program(args, {
      cwd: this.directory,
      ...options,
      environment: { ...environment, ...options.environment }
    })
    this.#programs.push(program)
    return program
  }

  async startDirector(
    listen = LOOPBACK,
    flags: string[] = [],
    options: ProgramOptions = {}
  ): Promise<Daemon> {
    const args = ['director', 'start', '--json', '-v', '--listen', listen, '--home', this.path('director')]
    return await listening(this.run([...args, ...flags], options))
  }

  /** Resolves when it listens; `name` makes its home. */
  async startMember(
    role: 'source' | 'relay',
    name: string,
    flags: string[] = [],
    options: ProgramOptions = {}
  ): Promise<Daemon> {
    const args = [role, 'start', '--json', '-v', '--home', this.path(name)]
    if (!flags.includes('--listen')) args.push('--listen', LOOPBACK)
    if (this.director) args.push('--director', this.director.address)
    const environment = { ...UNREHEARSED, ...options.environment }
    return await listening(this.run([...args, ...flags], { ...options, environment }))
  }

  /** `client fetch` through the director. */
  fetch(name: string, output: string, flags: string[] = [], options: ProgramOptions = {}): Program {
    const director = this.director ? ['--director', this.director.address] : []
    return this.run(
      ['client', 'fetch', name, '--json', '--checksum', '-o', output, ...director, ...flags],
      options
    )
  }

  #killAll(): void {
    for (const program of this.#programs) if (program.isRunning) program.kill('SIGKILL')
  }
}

/**
 * Starts something before the first of the tests of a file or a `describe`, which share it, and ends it after the last.
 * Returns how to get it.
 */
export function shared<T>(start: (whenOver: WhenOver) => Promise<T>): () => T {
  const ends: (() => Promise<void>)[] = []
  let started: T
  beforeAll(async () => {
    started = await start(end => void ends.push(end))
  })
  afterAll(async () => {
    for (const end of ends) await end()
  })
  return () => started
}

async function makeOld(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  for (const path of files) await utimes(path, CHANGED_AT, CHANGED_AT)
}

async function listening(program: Program): Promise<Daemon> {
  const { peerId, addresses } = await program.event('listening')
  return Object.assign(program, { peerId, address: addresses[0] })
}
