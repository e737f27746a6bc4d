import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { disjointPaths, nameOf } from '../topology/paths.ts'
import { clientsOf, nodeNamed, type RoleAction, type TopologyNode } from '../topology/topology.ts'
import { loadOrCreateIdentity } from '../transport/identity.ts'
import { makeContentFile } from './content-file.ts'
import type { Emulation } from './emulation.ts'
import { NodeProcess } from './node-process.ts'
import { CONTENT_NAME, daemonCommand, type LabNodes, routesCommand } from './role-command.ts'

/** Time in milliseconds for the roles to start: eight programs on two processors take a while. */
const START_TIMEOUT_MS = 60_000
/**
 * Time in milliseconds for source and relays to register. It includes hashing, as the source
 * registers when its catalog is ready.
 */
const REGISTER_TIMEOUT_MS = 120_000
/** Time in milliseconds that the director gets to hear of all routes before the fetch starts anyway. */
const ROUTES_TIMEOUT_MS = 15_000
const STOP_TIMEOUT_MS = 12_000

/** Source, relays and director of a lab as real processes in its nodes. */
export class LabRoles {
  readonly nodes: LabNodes
  /** SHA-256 in hex of what is fetched of the content; empty where that is live. */
  readonly contentHash: string
  readonly #emulation: Emulation
  readonly #processes = new Map<string, NodeProcess>()

  private constructor(emulation: Emulation, nodes: LabNodes, contentHash: string) {
    this.#emulation = emulation
    this.nodes = nodes
    this.contentHash = contentHash
  }

  /** Makes identities and content, and starts all roles except the clients and those that join late. */
  static async start(emulation: Emulation): Promise<LabRoles> {
    const { topology, workDirectory } = emulation
    const homeOf = (node: string) => join(workDirectory, 'home', node)
    const contentDirectory = join(workDirectory, 'content')
    await mkdir(contentDirectory, { recursive: true })
    const contentHash = topology.live
      ? ''
      : await makeContentFile(join(contentDirectory, CONTENT_NAME), topology)
    const peerIds = new Map<string, string>()
    for (const { name } of topology.nodes) {
      peerIds.set(name, peerIdFromPrivateKey(await loadOrCreateIdentity(homeOf(name))).toString())
    }
    const roles = new LabRoles(emulation, { topology, peerIds, homeOf, contentDirectory }, contentHash)
    await roles.#startAll()
    return roles
  }

  /** Name of the node with that peer id. */
  nameOf(peerId: string): string | undefined {
    return [...this.nodes.peerIds].find(([, id]) => id === peerId)?.[0]
  }

  /** Where to write what the source publishes; undefined where nothing takes it. */
  get input(): Writable | undefined {
    return this.#processes.get(nameOf(this.nodes.topology, 'source'))?.input
  }

  async changeNode(name: string, action: RoleAction): Promise<void> {
    const node = this.nodes.topology.nodes.find(candidate => candidate.name === name)!
    if (action === 'start') {
      if (this.#processes.get(name)?.running !== true) this.#spawn(node)
    } else {
      this.#processes.get(name)?.kill(action === 'kill' ? 'SIGKILL' : 'SIGTERM')
    }
  }

  /** Ends all roles, in good order where they obey. */
  async stop(): Promise<void> {
    const running = [...this.#processes.values()].filter(process => process.running)
    for (const process of running) process.kill('SIGTERM')
    const patience = AbortSignal.timeout(STOP_TIMEOUT_MS)
    patience.addEventListener('abort', () => {
      for (const process of running) process.kill('SIGKILL')
    })
    await Promise.all(running.map(process => process.ended))
  }

  async #startAll(): Promise<void> {
    const { topology } = this.nodes
    const director = topology.nodes.find(node => node.role === 'director')!
    await this.#spawn(director).event('listening', START_TIMEOUT_MS)
    const early = topology.nodes.filter(
      node => (node.role === 'relay' || node.role === 'source') && node.startAtMs === undefined
    )
    const processes = early.map(node => this.#spawn(node))
    await Promise.all(processes.map(process => process.event('listening', START_TIMEOUT_MS)))
    await Promise.all(processes.map(process => process.event('registered', REGISTER_TIMEOUT_MS)))
    await Promise.all(clientsOf(topology).map(client => this.#awaitRoutes(client)))
  }

  /**
   * Waits until the director knows a client's routes, but for those of nodes that join late: relays tell it of their
   * neighbours after they have registered.
   */
  async #awaitRoutes(client: TopologyNode): Promise<void> {
    const { topology } = this.nodes
    const isLate = (name: string) => name !== client.name && nodeNamed(topology, name).startAtMs !== undefined
    const expected = disjointPaths(topology, client.name).filter(path => !path.nodes.some(isLate)).length
    const giveUpAtMs = performance.now() + ROUTES_TIMEOUT_MS
    while (performance.now() < giveUpAtMs) {
      const asked = new NodeProcess(
        'client',
        this.#emulation.inNode(client.name, routesCommand(this.nodes, client.name))
      )
      await asked.ended
      if (asked.events.filter(event => event.event === 'route').length >= expected) return
      await delay(200)
    }
  }

  #spawn(node: TopologyNode): NodeProcess {
    const process = new NodeProcess(
      node.name,
      this.#emulation.inNode(node.name, daemonCommand(this.nodes, node)),
      { input: node.role === 'source' && this.nodes.topology.live !== undefined }
    )
    this.#processes.set(node.name, process)
    return process
  }
}
