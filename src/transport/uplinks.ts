import { readdir } from 'node:fs/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { UsageError } from '../errors.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { interfacesNow } from './interfaces.ts'
import { scopeOf } from './ip-ranges.ts'
import { createNode, type Libp2pNode, type OverlayNode } from './node.ts'
import { LocalEnd } from './tcp/local-end.ts'
import type { UplinkChange } from './uplink-change.ts'
import {
  type Interfaces,
  type UplinkNames,
  type UplinkPlace,
  unknownUplinks,
  uplinkSteps
} from './uplink-choice.ts'
import { routingProblem } from './uplink-routing.ts'
import { nodeOver, type UplinkNow, type UplinkSet } from './uplink-set.ts'

/** Milliseconds between two looks at the interfaces. A look takes a tenth of one; what goes by an uplink that is gone stalls until then. */
const POLL_MS = 100
/** Milliseconds between two looks at what capped uplinks have carried: at 100 Mbit/s they bring 0.6 MB in that time. */
const CAP_CHECK_MS = 50
/** Where Linux lists its interfaces, those included that are down. */
const DEVICES = '/sys/class/net'

/** Which uplinks a client uses, and what for. */
export interface UplinkOptions {
  /** Names of interfaces, or IP addresses of this host; or every interface that leads anywhere. */
  use: UplinkNames
  /** The uplinks among them that carry something only while no other one can. Default: none. */
  backup?: readonly string[]
  /** What a byte over an uplink costs, by that of others: dearer ones carry what cheaper ones cannot. Default: 1. */
  prices?: Readonly<Record<string, number>>
  /** Most bytes, up and down together, that an uplink may carry. Default: no limit. */
  capBytes?: Readonly<Record<string, number>>
  /** Told once of each uplink whose packets the system sends out elsewhere. */
  onProblem?(message: string): void
}

export interface UplinksInit {
  /** The client's identity. Default: a fresh one. */
  privateKey?: PrivateKey
  scheduler?: Scheduler
  /** Gives the interfaces as they are. Default: those of this host. */
  interfaces?: () => Interfaces
}

interface UplinkInUse extends UplinkPlace {
  node: Libp2pNode
}

/** Keeps a node for each uplink while its interface is there. */
export class Uplinks implements UplinkSet {
  readonly node: OverlayNode
  readonly #base: Libp2pNode
  readonly #options: UplinkOptions
  readonly #privateKey: PrivateKey
  readonly #scheduler: Scheduler
  readonly #interfaces: () => Interfaces
  readonly #inUse = new Map<string, UplinkInUse>()
  /** By name, for as long as the client lives: what an uplink has carried counts when it comes again. */
  readonly #ends = new Map<string, LocalEnd>()
  readonly #usedUp = new Set<string>()
  readonly #checked = new Set<string>()
  readonly #watchers = new Set<(change: UplinkChange) => void>()
  readonly #cancels = new Map<string, () => void>()
  #isStopped = false

  private constructor(base: Libp2pNode, privateKey: PrivateKey, options: UplinkOptions, init: UplinksInit) {
    this.#base = base
    this.#privateKey = privateKey
    this.#options = options
    this.#scheduler = init.scheduler ?? systemScheduler
    this.#interfaces = init.interfaces ?? interfacesNow
    this.node = nodeOver(base, () => this.now.map(({ node }) => node), this.#scheduler)
  }

  /** Throws UsageError for names that are no uplinks of this host. */
  static async start(options: UplinkOptions, init: UplinksInit = {}): Promise<Uplinks> {
    await checkNames(options, (init.interfaces ?? interfacesNow)())
    const privateKey = init.privateKey ?? (await generateKeyPair('Ed25519'))
    // This node stands for the identity and never dials.
    const base = await createNode({ listen: [], privateKey })
    const uplinks = new Uplinks(base, privateKey, options, init)
    await uplinks.#poll()
    if (options.capBytes) uplinks.#checkCaps()
    return uplinks
  }

  get now(): UplinkNow[] {
    const { backup = [], prices = {} } = this.#options
    return [...this.#inUse.values()].map(({ name, node }) => ({
      name,
      node,
      isBackup: backup.includes(name),
      ...(prices[name] === undefined ? {} : { price: prices[name] })
    }))
  }

  watch(onChange: (change: UplinkChange) => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const cancel of this.#cancels.values()) cancel()
    await Promise.all([this.#base, ...this.now.map(({ node }) => node)].map(node => node.stop()))
  }

  async #poll(): Promise<void> {
    const { gone, come, widened } = uplinkSteps(this.#inUse.values(), this.#options.use, this.#interfaces())
    for (const name of gone) this.#remove(name, 'gone')
    for (const { name, local } of widened) {
      this.#inUse.get(name)!.local = local
      this.#ends.get(name)!.addresses = local
    }
    await Promise.all(come.filter(({ name }) => !this.#usedUp.has(name)).map(place => this.#add(place)))
    if (!this.#isStopped)
      this.#cancels.set(
        'poll',
        this.#scheduler.after(POLL_MS, () => void this.#poll())
      )
  }

  async #add(place: UplinkPlace): Promise<void> {
    const { name, device } = place
    const end =
      this.#ends.get(name) ?? new LocalEnd((to, from) => void this.#checkRouting({ device, from, to }))
    this.#ends.set(name, end)
    end.addresses = place.local
    const node = await createNode({ listen: [], privateKey: this.#privateKey, local: end })
    if (this.#isStopped) {
      await node.stop()
      return
    }
    this.#inUse.set(name, { ...place, node })
    this.#tell(name, 'up')
  }

  /** Those who watch take its routes off offer before its connections break. */
  #remove(name: string, state: UplinkChange['state']): void {
    const { node } = this.#inUse.get(name)!
    this.#inUse.delete(name)
    this.#tell(name, state)
    this.#ends.get(name)!.end()
    void node.stop()
  }

  #checkCaps(): void {
    const { capBytes = {} } = this.#options
    for (const name of this.#inUse.keys()) {
      const cap = capBytes[name]
      if (cap === undefined || this.#ends.get(name)!.bytes < cap) continue
      this.#usedUp.add(name)
      this.#remove(name, 'usedUp')
    }
    this.#cancels.set(
      'caps',
      this.#scheduler.after(CAP_CHECK_MS, () => this.#checkCaps())
    )
  }

  #tell(uplink: string, state: UplinkChange['state']): void {
    const { bytes } = this.#ends.get(uplink)!
    for (const onChange of this.#watchers) onChange({ uplink, state, bytes })
  }

  /** Each local address is looked at once: rules go by it. */
  async #checkRouting(connection: { device: string; from: string; to: string }): Promise<void> {
    if (this.#checked.has(connection.from) || scopeOf(connection.to) === 'loopback') return
    this.#checked.add(connection.from)
    const problem = await routingProblem(connection)
    if (problem && !this.#isStopped) this.#options.onProblem?.(problem)
  }
}

async function checkNames(options: UplinkOptions, interfaces: Interfaces) {
  const { use, backup = [], prices = {}, capBytes = {} } = options
  const chosen = [...backup, ...Object.keys(prices), ...Object.keys(capBytes)]
  const devices = [...new Set([...Object.keys(interfaces), ...(await readdir(DEVICES).catch(() => []))])]
  const named = use === 'all' ? chosen : use
  const [unknown] = unknownUplinks(named, devices, interfaces)
  if (unknown !== undefined) {
    const there = devices.sort().map(device => {
      const ips = interfaces[device]?.map(({ address }) => address) ?? []
      return ips.length > 0 ? `${device} (${ips.join(', ')})` : `${device} (down)`
    })
    throw new UsageError(`there is no uplink '${unknown}'; this host has ${there.join(', ')}`)
  }
  if (use === 'all') return
  for (const name of chosen)
    if (!use.includes(name)) throw new UsageError(`'${name}' is none of the uplinks ${use.join(', ')}`)
}
