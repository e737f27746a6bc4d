import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { idealTimeMs } from '../topology/capacity.ts'
import type { Traces } from '../topology/timeline.ts'
import { clientsOf, type LiveContent, type TopologyNode, wantedBytes } from '../topology/topology.ts'
import { hashFile } from './content-file.ts'
import type { Emulation } from './emulation.ts'
import { storyOf } from './fetch-story.ts'
import type { LabRoles } from './lab-roles.ts'
import { LiveStream } from './live-stream.ts'
import type { ClientFetch, ProgressPoint } from './measurement.ts'
import { NodeProcess } from './node-process.ts'
import { fetchCommand } from './role-command.ts'

/** Longest time in milliseconds until a client that serves has what it fetches. */
const LONGEST_FETCH_MS = 3_600_000

/** A fetch that is done, though its process may still serve. */
interface DoneFetch {
  node: TopologyNode
  process: NodeProcess
  output: string
  completionMs: number
  failure?: string
}

/** The fetches of all clients, each by a process of its own in its node. */
export class FetchRun {
  readonly #emulation: Emulation
  readonly #roles: LabRoles
  readonly #traces: Traces
  readonly #starts: ReadonlyMap<string, PromiseWithResolvers<void>>

  constructor(emulation: Emulation, roles: LabRoles, traces: Traces) {
    this.#emulation = emulation
    this.#roles = roles
    this.#traces = traces
    const clients = clientsOf(emulation.topology)
    this.#starts = new Map(clients.map(({ name }) => [name, Promise.withResolvers<void>()]))
  }

  /** Starts a client that begins later. Returns whether there is a client of that name. */
  start(client: string): boolean {
    this.#starts.get(client)?.resolve()
    return this.#starts.has(client)
  }

  /**
   * Runs all fetches and times each: from its command's start to its end, or until a client that serves has all.
   * Those serve until all are done.
   */
  async run(signal: AbortSignal): Promise<ClientFetch[]> {
    const { topology } = this.#emulation
    const zeroMs = performance.now()
    const clients = clientsOf(topology)
    if (topology.live) return [await this.#runLive(clients[0]!, topology.live, signal)]
    for (const { name, startAtMs } of clients) if (startAtMs === undefined) this.start(name)
    signal.addEventListener('abort', () => {
      for (const start of this.#starts.values()) start.resolve()
    })
    const done = await Promise.all(clients.map(node => this.#fetch(node, signal)))
    for (const { process } of done) process.kill('SIGTERM')
    await Promise.all(done.map(({ process }) => process.ended))
    const fetches: ClientFetch[] = []
    for (const one of done) fetches.push(await this.#outcome(one, zeroMs))
    return fetches
  }

  async #fetch(node: TopologyNode, signal: AbortSignal): Promise<DoneFetch> {
    const output = join(this.#emulation.workDirectory, `fetched-${node.name}.bin`)
    await rm(output, { force: true })
    await this.#starts.get(node.name)!.promise
    const process = this.#spawn(node, output)
    return { node, process, output, ...(await doneWith(process, node.serves, signal)) }
  }

  async #outcome({ node, process, output, completionMs, failure }: DoneFetch, zeroMs: number) {
    const { topology } = this.#emulation
    const story = this.#storyOf(process, node.name)
    const progress: ProgressPoint[] = story.progress.map(({ atMs, bytes }) => ({ atMs, bytes }))
    if (failure === undefined) progress.push({ atMs: completionMs, bytes: wantedBytes(topology) })
    const startedAtMs = node.startAtMs === undefined ? 0 : process.startedAtMs - zeroMs
    return {
      client: node.name,
      startedAtMs,
      idealMs: idealTimeMs(topology, this.#traces, { client: node.name }) - (node.startAtMs ?? 0),
      completionMs,
      longestStallMs: Number(story.done?.longestStallMs ?? 0),
      identical: failure === undefined && (await hashFile(output)) === this.#roles.contentHash,
      progress,
      ...(failure === undefined ? {} : { failure }),
      story
    }
  }

  /** The source's content is made from the start of the client's command on. */
  async #runLive(node: TopologyNode, live: LiveContent, signal: AbortSignal): Promise<ClientFetch> {
    const roles = this.#roles
    const { contentBytes } = this.#emulation.topology
    const stream = new LiveStream(contentBytes, live, performance.now())
    const over = new AbortController()
    const fed = stream
      .feed(() => roles.input, AbortSignal.any([signal, over.signal]))
      .then(() => roles.input?.end())
    const process = this.#spawn(node, '-', true)
    process.output.on('data', chunk => stream.take(chunk, performance.now()))
    const end = await doneWith(process, false, signal)
    over.abort()
    await fed
    const idealMs = (contentBytes / live.rateBytesPerSecond) * 1000
    const story = this.#storyOf(process, node.name)
    return { client: node.name, startedAtMs: 0, idealMs, ...end, ...stream.outcome(), story }
  }

  #spawn(node: TopologyNode, target: string, output = false): NodeProcess {
    const command = fetchCommand(this.#roles.nodes, node, target)
    return new NodeProcess(node.name, this.#emulation.inNode(node.name, command), { output })
  }

  #storyOf(process: NodeProcess, client: string) {
    return storyOf(process, peerId => this.#roles.nameOf(peerId), this.#emulation.topology, client)
  }
}

/** Waits until a fetch is done, and tells how it went. */
async function doneWith(process: NodeProcess, serves: boolean, signal: AbortSignal) {
  const interrupt = () => process.kill('SIGKILL')
  if (signal.aborted) interrupt()
  signal.addEventListener('abort', interrupt)
  const readyAtMs = serves ? await servingAtMs(process) : undefined
  if (readyAtMs !== undefined) return { completionMs: readyAtMs - process.startedAtMs }
  const { code, endedAtMs } = await process.ended
  signal.removeEventListener('abort', interrupt)
  const failure =
    code === 0 ? {} : { failure: `client fetch ended with exit code ${code}: ${process.complaints}` }
  return { completionMs: endedAtMs - process.startedAtMs, ...failure }
}

/** The time at which a client has all and goes on to serve it; undefined where it ends before. */
async function servingAtMs(process: NodeProcess): Promise<number | undefined> {
  const serving = await process.event('serving', LONGEST_FETCH_MS).catch(() => undefined)
  return serving?.readAtMs
}
