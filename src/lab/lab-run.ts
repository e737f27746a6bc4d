import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError } from '../errors.ts'
import { leastTimeMs } from '../topology/ideal-time.ts'
import { clientsOf, ownRateOf, type RoleAction, type Topology } from '../topology/topology.ts'
import type { LoadedTopology } from '../topology/topology-file.ts'
import { together } from './client-group.ts'
import { type CapacityLimits, comparePeers, measureLimits, type Peer } from './compare.ts'
import { makeContentFile } from './content-file.ts'
import { Emulation } from './emulation.ts'
import { type CheckedExpectation, checkExpectation } from './expectation.ts'
import { FetchRun } from './fetch-run.ts'
import { type FetchStory, routesUsed } from './fetch-story.ts'
import { LabGateway } from './lab-gateway.ts'
import { LabRoles } from './lab-roles.ts'
import { lossNotes } from './loss-counts.ts'
import { type ClientFetch, type Measurement, measureTransfer } from './measurement.ts'
import { PacketCaptures } from './packet-captures.ts'
import { runPlay } from './play-run.ts'
import { CONTENT_NAME } from './role-command.ts'
import { trafficNotes } from './traffic-figures.ts'

export interface LabRunOptions {
  /** Other means to measure after this program. Default: none. */
  peers?: Peer[]
  /** Whether to measure the two limits of the network. Default: false. */
  limits?: boolean
  /** Whether to leave this program out of the measurements. Default: false. */
  peersOnly?: boolean
  /** See CompareOptions. */
  firstRelay?: string
  /** Numbers of the links whose packets are captured. Default: none. */
  pcap?: number[]
  /** Ends the run early when aborted; everything is then taken down. */
  signal: AbortSignal
  /** Takes one line of text for each thing that happens. */
  log(line: string): void
}

/** All results of a run of the lab. */
export interface LabResult {
  topology: LoadedTopology
  startedAt: Date
  emulation: Emulation['kind'] | 'simulator'
  /** What the command's flags chose for a simulation: its seed, and the policy and cut-over where not the file's. */
  chosen?: { seed: number; policy?: string; cutover?: string }
  /** Things that the figures leave out, one sentence each. Default: nothing that a reader must know of. */
  notes?: string[]
  idealMs: number
  /** The measurements: this program's first, where it was measured, then those of its peers. */
  measurements: Measurement[]
  /** How the fetch went, where there is one client. */
  story?: FetchStory
  expectations: CheckedExpectation[]
  limits?: CapacityLimits
  /** The packets of links, of all measurements in one; whoever gets the result moves or forgets them. */
  captures?: PacketCaptures
}

/** Brings a topology up, measures, and takes everything down, whatever happens. */
export async function runLab(loaded: LoadedTopology, options: LabRunOptions): Promise<LabResult> {
  const { topology, traces } = loaded
  const { signal, log } = options
  const startedAt = new Date()
  const idealMs = leastTimeMs(topology, traces)
  if (options.limits === true || (options.peers ?? []).length > 0) refuseForPeers(topology)
  log(`bringing up ${topology.nodes.length} nodes and ${topology.links.length} links`)
  const emulation = await Emulation.up(topology, loaded)
  const aborted = once(signal)
  let captures: PacketCaptures | undefined
  try {
    log(`lab ${emulation.labId} is up, links by ${emulation.kind}`)
    if (options.pcap?.length) captures = await PacketCaptures.start(emulation, options.pcap)
    const work = measureAll(emulation, loaded, idealMs, options)
    work.catch(() => {})
    const findings = await Promise.race([work, aborted])
    await captures?.stop()
    return {
      topology: loaded,
      startedAt,
      emulation: emulation.kind,
      idealMs,
      ...findings,
      ...(captures ? { captures } : {})
    }
  } catch (error) {
    await captures?.forget()
    throw error
  } finally {
    await emulation.down()
    log(`lab ${emulation.labId} is down`)
  }
}

type Findings = Pick<LabResult, 'measurements' | 'notes' | 'story' | 'expectations' | 'limits'>

async function measureAll(
  emulation: Emulation,
  loaded: LoadedTopology,
  idealMs: number,
  options: LabRunOptions
): Promise<Findings> {
  const findings: Findings = { measurements: [], expectations: [] }
  if (options.peersOnly !== true)
    Object.assign(findings, await measureOurs(emulation, loaded, idealMs, options))
  if (options.limits === true) {
    options.log('measuring iperf3 over each route alone')
    findings.limits = await measureLimits(emulation)
  }
  const peers = options.peers ?? []
  if (peers.length > 0) {
    const contentDirectory = join(emulation.workDirectory, 'content')
    await mkdir(contentDirectory, { recursive: true })
    const { topology } = loaded
    const contentHash = topology.live
      ? ''
      : await makeContentFile(join(contentDirectory, CONTENT_NAME), topology)
    const { traces } = loaded
    findings.measurements.push(
      ...(await comparePeers(peers, {
        ...options,
        emulation,
        traces,
        idealMs,
        contentDirectory,
        contentHash
      }))
    )
  }
  return findings
}

async function measureOurs(
  emulation: Emulation,
  { topology, traces }: LoadedTopology,
  idealMs: number,
  { signal, log }: LabRunOptions
): Promise<Findings> {
  log('starting the roles')
  const roles = await LabRoles.start(emulation)
  const { play: player } = topology
  let gateway: LabGateway | undefined
  try {
    if (player) gateway = await LabGateway.start(emulation, roles.nodes)
    const length = ownRateOf(topology) === undefined ? 'ideal time' : 'length'
    log(`${player ? 'playing' : 'fetching'}; ${length} ${(idealMs / 1000).toFixed(2)} s`)
    const fetches = new FetchRun(emulation, roles, traces)
    const changeNode = async (node: string, action: RoleAction) => {
      if (!fetches.start(node)) await roles.changeNode(node, action)
    }
    let clients: ClientFetch[] = []
    const measurement = await measureTransfer(
      'anabranch',
      { emulation, traces, idealMs, signal, changeNode },
      async stop => {
        if (player && gateway)
          return await runPlay(emulation, { gateway, player, contentHash: roles.contentHash, signal: stop })
        clients = await fetches.run(stop)
        return together(clients)
      }
    )
    const story = measurement.clients ? undefined : clients[0]?.story
    const routes = story ? routesUsed(story) : 0
    return {
      measurements: [measurement],
      notes: [...trafficNotes(measurement.traffic ?? []), ...lossNotes(measurement.losses ?? [])],
      story,
      expectations: checkExpectation(topology.expect, measurement, routes, topology.contentBytes)
    }
  } finally {
    await gateway?.stop()
    await roles.stop()
  }
}

/** Throws ConfigurationError for a file with which the other means do not work. */
function refuseForPeers(topology: Topology): void {
  const { nodes, range, play } = topology
  if (play) throw new ConfigurationError('client.play: the other means only fetch: use `lab run`')
  if (clientsOf(topology).length > 1)
    throw new ConfigurationError(
      'there are several clients, which the other means are not run for: use `lab run`'
    )
  if (range)
    throw new ConfigurationError('client.range is set, which the other means do not fetch: use `lab run`')
  const hidden = nodes.find(({ inside, firewall }) => firewall || inside.length > 0)
  const foreign = nodes.find(({ families }) => !families.includes(4))
  const node = hidden ?? foreign
  if (node === undefined) return
  const what = foreign === node ? 'ip: 6' : node.firewall ? 'a firewall' : 'a NAT'
  throw new ConfigurationError(
    `${node.name} has ${what}, with which the other means do not work: use \`lab run\``
  )
}

/** Rejects when the signal is aborted. */
function once(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => {})
  return aborted
}
