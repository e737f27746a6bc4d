import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AnabranchError } from '../errors.ts'
import { linksOf, type NodeAction, nodeNamed, type RoleAction, type TopologyNode } from '../topology/model.ts'
import { changeLink, type EndNow, type LinkNow, networkSlices, type Traces } from '../topology/timeline.ts'
import { parseTopology, type Topology, type TopologyEvent } from '../topology/topology.ts'
import { runCommand, runIp, runIpOf, runShell, runTc } from './command.ts'
import { type DelayBox, HostNetem, hasNetem } from './delay-box.ts'
import { filterText, NAT_SYSCTLS, needsConntrack, needsFilters } from './filters.ts'
import {
  type LabState,
  labDirectory,
  listLabs,
  processStartTime,
  readLabState,
  removeLabState,
  writeLabState
} from './lab-state.ts'
import { countLosses, type LossCount, lossyDirections } from './loss-counts.ts'
import { sendAsBefore, sendInTrains } from './packet-trains.ts'
import { endLines, nodeLines, ruleLines } from './routing.ts'
import { UserModeLinux } from './user-mode-linux.ts'
import * as wiring from './wiring.ts'

/** Time in milliseconds that processes of a lab get to end before they are killed. */
const GRACE_MS = 3_000
/**
 * Time in milliseconds that a lab's own process gets to take the lab down when another process asks
 * for it.
 */
const OWNER_GRACE_MS = 15_000

export interface EmulationOptions {
  /** Absolute path of the topology file; kept for `lab exec` and the like. */
  file: string
  text: string
  traces: Traces
  /**
   * Whether every link goes through the delay box, even one that does not need it yet, so that
   * `set` can change everything. Default: false.
   */
  changeable?: boolean
  /** Name of the lab. Default: the topology's name and four random digits. */
  labId?: string
}

/** The lab cannot run here; the message says what is missing. */
export class LabRequirementError extends AnabranchError {
  constructor(message: string) {
    super('ERR_LAB_REQUIREMENT', message)
  }
}

/** A topology brought up on this machine: a network namespace for each node, and the links between them. */
export class Emulation {
  readonly labId: string
  readonly topology: Topology
  readonly #box: DelayBox
  readonly #state: LabState
  #softnetDropsBefore = 0

  private constructor(topology: Topology, state: LabState, box: DelayBox) {
    this.labId = state.id
    this.topology = topology
    this.#state = state
    this.#box = box
  }

  /** Brings everything up; on failure nothing of it is left. Throws LabRequirementError without root. */
  static async up(topology: Topology, options: EmulationOptions): Promise<Emulation> {
    await checkRequirements(topology)
    const labId = options.labId ?? `${topology.name}-${randomBytes(2).toString('hex')}`
    const wires = wiring.namespaces.wires(labId)
    const [start] = networkSlices(topology, options.traces, 1)
    const state: LabState = {
      id: labId,
      owner: { pid: process.pid, startTime: (await processStartTime(process.pid)) ?? '' },
      file: options.file,
      text: options.text,
      kind: 'host netem',
      boxed: topology.links
        .map((_, link) => link)
        .filter(link => options.changeable === true || wiring.needsNetem(topology, link, options.traces)),
      links: start!.links,
      workDirectory: await mkdtemp(join(tmpdir(), 'anabranch-lab-'))
    }
    await writeLabState(state)
    try {
      for (const name of allNamespaces(labId, topology)) await runCommand(['ip', 'netns', 'add', name])
      if (!(await hasNetem(wires))) state.kind = 'user-mode Linux'
      await writeLabState(state)
      const emulation = new Emulation(topology, state, makeBox(state))
      await emulation.#build()
      return emulation
    } catch (error) {
      await takeDown(labId)
      throw error
    }
  }

  /** Finds the emulation that another process has brought up. Throws LabNotFoundError. */
  static async attach(labId: string): Promise<Emulation> {
    const state = await readLabState(labId)
    return new Emulation(parseTopology(state.text, state.file), state, makeBox(state))
  }

  get kind(): DelayBox['kind'] {
    return this.#box.kind
  }

  /** Directory for large files; it is removed with the lab. */
  get workDirectory(): string {
    return this.#state.workDirectory
  }

  /** The links in their current state. */
  get links(): readonly LinkNow[] {
    return this.#state.links
  }

  namespaceOf(node: string): string {
    return wiring.namespaces.node(this.labId, node)
  }

  /** The first address of a node, which is IPv4 where it has any. */
  addressOf(node: string): string {
    return nodeNamed(this.topology, node).addresses[0]!.ip
  }

  /** Makes a command line that runs the given one in a node's namespace. */
  inNode(node: string, argv: string[]): string[] {
    return ['ip', 'netns', 'exec', this.namespaceOf(node), ...argv]
  }

  /** Applies an event on a link to the link's current state. */
  async applyEvent(event: TopologyEvent & { link: number }): Promise<void> {
    await this.setLink(
      event.link,
      changeLink(this.#state.links[event.link]!, event, this.topology.links[event.link]!)
    )
    await writeLabState(this.#state)
  }

  /** Puts a link into a state. Only the settings that differ are touched. */
  async setLink(link: number, now: LinkNow): Promise<void> {
    const before = this.#state.links[link]!
    this.#state.links[link] = now
    const lines = (['down', 'up'] as const)
      .filter(d => `${wiring.queueLines(link, d, now)}` !== `${wiring.queueLines(link, d, before)}`)
      .flatMap(d => wiring.queueLines(link, d, now, before))
    const netem = (state: LinkNow) => wiring.netemArguments(state.down) + wiring.netemArguments(state.up)
    const impairs = netem(now) !== netem(before)
    if (impairs && !this.#state.boxed.includes(link)) {
      throw new LabRequirementError(
        'this link was made without delay and loss; only its rate and queue can change'
      )
    }
    await Promise.all([
      this.#setEnds(link, before, now),
      runTc(wiring.namespaces.wires(this.labId), lines),
      ...(impairs ? [this.#box.apply(link, now)] : [])
    ])
  }

  /** Kills every process of a node. Returns the number of processes. */
  async kill(node: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
    return signalAll(await processesIn(this.namespaceOf(node)), signal)
  }

  /** Stops all processes of a node for a while, lets them go on, or makes a NAT forget its connections. */
  async changeNode(node: string, action: Exclude<NodeAction, RoleAction>): Promise<void> {
    if (action === 'flush') await runCommand(this.inNode(node, ['conntrack', '-F']))
    else await this.kill(node, action === 'suspend' ? 'SIGSTOP' : 'SIGCONT')
  }

  /**
   * Number of frames lost since `up` because the machine was too slow. A measurement with any such
   * frame does not count.
   */
  async lostFrames(): Promise<number> {
    return (await this.#box.lostFrames()) + (await softnetDrops()) - this.#softnetDropsBefore
  }

  /** What each direction that ever loses packets at random has let through and lost since `up`. */
  async lossCounts(traces: Traces): Promise<LossCount[]> {
    const counts: LossCount[] = []
    for (const { link, direction } of lossyDirections(this.topology, traces)) {
      const device = wiring.wireDevice(link, direction === 'down' ? 0 : 1)
      const wires = wiring.namespaces.wires(this.labId)
      const [entry] = JSON.parse(await runCommand(['ip', '-n', wires, '-s', '-j', 'link', 'show', device]))
      const counted = countLosses(entry.stats64.rx.packets, await this.#box.statistics(link, direction))
      counts.push({ link: this.topology.links[link]!.endpoints.join('-'), direction, ...counted })
    }
    return counts
  }

  async down(): Promise<void> {
    await takeDown(this.labId)
  }

  async #build(): Promise<void> {
    const { topology, labId } = this
    const wires = wiring.namespaces.wires(labId)
    await runShell(wires, [
      'sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1'
    ])
    const settings = {
      ...wiring.NODE_SYSCTLS,
      ...(topology.families.includes(6) ? wiring.IPV6_SYSCTLS : wiring.NO_IPV6_SYSCTLS)
    }
    await Promise.all(
      topology.nodes.map(node => runShell(this.namespaceOf(node.name), wiring.sysctlLines(settings)))
    )
    await runIp(wires, wiring.deviceLines(labId, topology.links))
    const wireDevices = topology.links.flatMap((_, l) => [wiring.wireDevice(l, 0), wiring.wireDevice(l, 1)])
    await Promise.all([
      runShell(wires, wiring.offloadLines(wireDevices)),
      ...topology.nodes.map(node => this.#buildNode(node))
    ])
    await runTc(
      wires,
      topology.links.flatMap((_, link) =>
        (['down', 'up'] as const).flatMap(d => wiring.queueLines(link, d, this.#state.links[link]!))
      )
    )
    await sendInTrains()
    await this.#connect(wires)
    this.#softnetDropsBefore = await softnetDrops()
  }

  async #buildNode(node: TopologyNode): Promise<void> {
    const namespace = this.namespaceOf(node.name)
    const devices = linksOf(this.topology, node.name).map(wiring.nodeDevice)
    await runShell(namespace, wiring.offloadLines(devices))
    await runIp(
      namespace,
      nodeLines(this.topology, node, link => this.#endNow(link, node.name))
    )
    for (const family of this.topology.families)
      await runIpOf(family, namespace, ruleLines(this.topology, node, family))
    const filter = filterText(this.topology, node)
    if (filter === '') return
    await runCommand(this.inNode(node.name, ['nft', '-f', '-']), filter)
    if (node.inside.length > 0) await runShell(namespace, wiring.sysctlLines(NAT_SYSCTLS))
  }

  /** Makes what differs at the two ends of a link. */
  async #setEnds(link: number, before: LinkNow, now: LinkNow): Promise<void> {
    await Promise.all(
      this.topology.links[link]!.endpoints.map(async (name, end) => {
        const [was, is] = [before.ends[end]!, now.ends[end]!]
        if (was.isPresent === is.isPresent && was.address === is.address) return
        const node = nodeNamed(this.topology, name)
        await runIp(this.namespaceOf(name), endLines(this.topology, node, link, was, is))
      })
    )
  }

  #endNow(link: number, name: string): EndNow {
    return this.#state.links[link]!.ends[this.topology.links[link]!.endpoints.indexOf(name)]!
  }

  async #connect(wires: string): Promise<void> {
    const { boxed } = this.#state
    const plain = this.topology.links.map((_, link) => link).filter(link => !boxed.includes(link))
    await runTc(
      wires,
      plain.flatMap(link => {
        const [a, b] = [wiring.wireDevice(link, 0), wiring.wireDevice(link, 1)]
        return [...wiring.redirectLines(a, b), ...wiring.redirectLines(b, a)]
      })
    )
    if (boxed.length === 0) return
    await this.#box.start(this.#state.links)
  }
}

/** Takes a lab down, whoever made it and whatever its state. Nothing of it is left. */
export async function takeDown(labId: string): Promise<void> {
  const state = await readLabState(labId).catch(() => undefined)
  if (state !== undefined && state.owner.pid !== process.pid) await endOwner(state.owner)
  const names = await namespacesOf(labId)
  const wires = wiring.namespaces.wires(labId)
  const inNodes = (await Promise.all(names.filter(name => name !== wires).map(processesIn))).flat()
  signalAll(inNodes, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < GRACE_MS && (await anyRuns(inNodes)); waitedMs += 20) await delay(20)
  for (const name of names) {
    const killed: number[] = []
    for (;;) {
      const pids = await processesIn(name)
      if (pids.length === 0) break
      signalAll(pids, 'SIGKILL')
      killed.push(...pids)
      await delay(10)
    }
    for (let waitedMs = 0; waitedMs < GRACE_MS && (await anyRuns(killed)); waitedMs += 10) await delay(10)
    await runCommand(['ip', 'netns', 'del', name])
  }
  if (state !== undefined) await rm(state.workDirectory, { recursive: true, force: true })
  await removeLabState(labId)
  if ((await listLabs()).length === 0) await sendAsBefore()
}

async function checkRequirements(topology: Topology): Promise<void> {
  if (process.platform !== 'linux') throw new LabRequirementError('the lab needs Linux')
  if (process.getuid?.() !== 0) {
    throw new LabRequirementError(
      'the lab makes network namespaces and devices: run it as root; `lab validate` and `lab schema` work without'
    )
  }
  const programs = [
    ...['ip', 'tc', 'ethtool'],
    ...(needsFilters(topology) ? ['nft'] : []),
    ...(needsConntrack(topology) ? ['conntrack'] : [])
  ]
  for (const program of programs) {
    await runCommand(['sh', '-c', `command -v ${program}`]).catch(() => {
      throw new LabRequirementError(
        `the program '${program}' is missing: run scripts/install-debian-packages.sh`
      )
    })
  }
}

function makeBox(state: LabState): DelayBox {
  const wires = wiring.namespaces.wires(state.id)
  return state.kind === 'host netem'
    ? new HostNetem(wires, state.boxed)
    : new UserModeLinux(wires, labDirectory(state.id), state.boxed)
}

function allNamespaces(labId: string, topology: Topology): string[] {
  return [
    wiring.namespaces.wires(labId),
    ...topology.nodes.map(node => wiring.namespaces.node(labId, node.name))
  ]
}

async function namespacesOf(labId: string): Promise<string[]> {
  const wires = wiring.namespaces.wires(labId)
  const all = await runCommand(['ip', 'netns', 'list'])
  return all
    .split('\n')
    .map(line => line.split(' ')[0]!)
    .filter(name => name === wires || name.startsWith(wires + '.'))
}

async function processesIn(namespace: string): Promise<number[]> {
  const pids = await runCommand(['ip', 'netns', 'pids', namespace]).catch(() => '')
  return pids.split('\n').filter(Boolean).map(Number)
}

function signalAll(pids: number[], signal: NodeJS.Signals): number {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // The process has ended by itself.
    }
  }
  return pids.length
}

/**
 * Whether any of the processes still runs. One that has ended but that its parent has not noticed
 * yet does not count.
 */
async function anyRuns(pids: number[]): Promise<boolean> {
  const states = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')))
  return states.some(stat => !/\) [ZX]/.test(stat))
}

async function endOwner(owner: LabState['owner']): Promise<void> {
  const runs = async () => owner.startTime !== '' && (await processStartTime(owner.pid)) === owner.startTime
  if (!(await runs())) return
  signalAll([owner.pid], 'SIGTERM')
  for (let waitedMs = 0; waitedMs < OWNER_GRACE_MS && (await runs()); waitedMs += 50) await delay(50)
}

/** Number of frames that the kernel dropped between devices, on all processors and in all namespaces. */
async function softnetDrops(): Promise<number> {
  const table = await readFile('/proc/net/softnet_stat', 'utf8')
  return table
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number.parseInt(line.split(' ')[1]!, 16), 0)
}
