import { equalBytes } from '../protocol/bytes.ts'
import type { RegistryChange, ToldEntry } from './registry-change.ts'
import { SHARED } from './shared-limits.ts'
import {
  decodeLinks,
  decodeNode,
  decodePack,
  type LinksRow,
  linksKey,
  type NodeRow,
  nodeKey,
  packKey,
  type SharedKey
} from './shared-values.ts'

/** What one director tells of one node, as it came. */
interface Told {
  node?: Uint8Array
  links?: Uint8Array
  packs: Map<number, Uint8Array>
}

/** A node that is in the registry because a director tells of it. */
interface Used {
  director: string
  row: NodeRow
  /** The load of which its director has told last, 0 to 1. */
  load: number
  /** The pack in which each of its contents stands. */
  packOf: Map<string, number>
}

/** The round trips that a node has measured, and for how many milliseconds they count. */
interface Measured {
  links: LinksRow
  ttlMs: number
}

/** A key of a node. */
export type RowKey = Exclude<SharedKey, { kind: 'director' }>

/**
 * What other directors tell of the nodes that are registered with them. Of a node that several tell
 * of, one director's word is used for as long as it tells of it; of those that are registered here,
 * none is. Each method returns the changes by which the registry follows. Pure.
 */
export class ToldRows {
  readonly #toldBy = new Map<string, Map<string, Told>>()
  /** Directors whose word counts. */
  readonly #live = new Set<string>()
  readonly #used = new Map<string, Used>()
  /** Of the nodes in use, and of those that have registered here since: these may not have measured anew yet. */
  readonly #measured = new Map<string, Measured>()
  /** By peer, the nodes that have measured it. */
  readonly #measurers = new Map<string, Set<string>>()
  readonly #isOwn: (peerId: string) => boolean

  /** `isOwn` tells whether a node is registered here. */
  constructor(isOwn: (peerId: string) => boolean) {
    this.#isOwn = isOwn
  }

  /** A value came, or was removed. Throws MalformedMessageError for one that nobody can read: then the one before stays. */
  put(key: RowKey, value: Uint8Array | undefined): RegistryChange[] {
    const { director, peerId } = key
    const told = this.#toldOf(director, peerId)
    const used = this.#used.get(peerId)
    const isUsed = used?.director === director && told.node !== undefined
    if (key.kind === 'pack') {
      const before = told.packs.get(key.pack)
      if (isSame(before, value)) return []
      const entries = value ? decodePack(value) : []
      if (value) told.packs.set(key.pack, value)
      else told.packs.delete(key.pack)
      return isUsed ? changedPack(peerId, used!, key.pack, before, entries) : []
    }
    if (isSame(told[key.kind], value)) return []
    if (value) (key.kind === 'node' ? decodeNode : decodeLinks)(value)
    if (value) told[key.kind] = value
    else delete told[key.kind]
    if (key.kind === 'links') return isUsed ? this.#changedLinks(peerId, told) : []
    if (!isUsed || !value) return this.#choose(peerId)
    used!.row = decodeNode(value)
    return describing(used!)
  }

  /** A director tells the loads of its nodes, 0 to 1. */
  putLoads(director: string, loads: Iterable<readonly [peerId: string, load: number]>): RegistryChange[] {
    return Array.from(loads).flatMap(([peerId, load]) => {
      const used = this.#used.get(peerId)
      if (used?.director !== director || used.load === load) return []
      used.load = load
      return [renewed(used)]
    })
  }

  /** All keys that there are: what stood under others is gone. */
  retain(keys: ReadonlySet<string>): RegistryChange[] {
    const gone: RowKey[] = []
    for (const [director, nodes] of this.#toldBy) {
      for (const [peerId, { node, links, packs }] of nodes) {
        const common = { director, peerId }
        if (node && !keys.has(nodeKey(director, peerId))) gone.push({ kind: 'node', ...common })
        if (links && !keys.has(linksKey(director, peerId))) gone.push({ kind: 'links', ...common })
        for (const pack of packs.keys())
          if (!keys.has(packKey(director, peerId, pack))) gone.push({ kind: 'pack', ...common, pack })
      }
    }
    return gone.flatMap(key => this.put(key, undefined))
  }

  /** A director's word counts from now on. */
  begin(director: string): RegistryChange[] {
    this.#live.add(director)
    return this.#chooseAllOf(director)
  }

  /** A director's word counts no longer. */
  end(director: string): RegistryChange[] {
    this.#live.delete(director)
    return this.#chooseAllOf(director)
  }

  /** Forgets what a director has told, and keeps what of it is in use. */
  forget(director: string): void {
    this.#toldBy.delete(director)
  }

  /**
   * The links that a director has told of a node that is registered here by now: this director
   * itself, before it was started anew.
   */
  recall(director: string, ttlMs: number): RegistryChange[] {
    return [...(this.#toldBy.get(director) ?? [])].flatMap(([peerId, { links }]) => {
      if (!links || this.#used.has(peerId) || !this.#isOwn(peerId)) return []
      const measured = { links: decodeLinks(links), ttlMs }
      this.#setLinks(peerId, measured)
      return measuring(peerId, measured)
    })
  }

  /** A node has registered here. Links that were told of it count for so long, until it measures anew. */
  ownBegan(peerId: string, ttlMs: number): RegistryChange[] {
    if (!this.#used.delete(peerId)) return []
    const measured = this.#measured.get(peerId)!
    measured.ttlMs = ttlMs
    return measuring(peerId, measured)
  }

  /** A node that is registered here has measured these peers: what was told of that no longer counts. */
  ownMeasured(peerId: string, peers: Iterable<string>): void {
    const known = this.#measured.get(peerId)
    if (known) this.#setLinks(peerId, { ...known, links: without(known.links, peers) })
  }

  /** A node is no longer registered here. */
  ownEnded(peerId: string): RegistryChange[] {
    if (!this.#used.has(peerId)) this.#forgetLinks(peerId)
    return this.#choose(peerId)
  }

  /**
   * The round trips to a node as others have told them: to be applied again when the node has become
   * known or is found elsewhere, since the registry takes none to a node that it does not know.
   */
  linksTo(peerId: string): RegistryChange[] {
    return [...(this.#measurers.get(peerId) ?? [])].flatMap(from => {
      const { links, ttlMs } = this.#measured.get(from)!
      return measuring(from, { links: new Map([[peerId, links.get(peerId)!]]), ttlMs })
    })
  }

  #toldOf(director: string, peerId: string): Told {
    const nodes = this.#toldBy.get(director) ?? new Map<string, Told>()
    this.#toldBy.set(director, nodes)
    const told = nodes.get(peerId) ?? { packs: new Map() }
    nodes.set(peerId, told)
    return told
  }

  #chooseAllOf(director: string): RegistryChange[] {
    return [...(this.#toldBy.get(director)?.keys() ?? [])].flatMap(peerId => this.#choose(peerId))
  }

  /** Chooses the director whose word on a node is used, and changes over to it. */
  #choose(peerId: string): RegistryChange[] {
    const used = this.#used.get(peerId)
    const vouches = (director: string) =>
      this.#live.has(director) && this.#toldBy.get(director)?.get(peerId)?.node !== undefined
    this.#forgetEmpty(peerId)
    if (this.#isOwn(peerId) || (used && vouches(used.director))) return []
    const director = [...this.#toldBy.keys()].find(vouches)
    if (director === undefined) {
      if (!used) return []
      this.#stopUsing(peerId)
      return [{ kind: 'gone', owner: used.director, peerId }]
    }
    if (used) this.#stopUsing(peerId)
    return this.#use(peerId, director)
  }

  #use(peerId: string, director: string): RegistryChange[] {
    const told = this.#toldOf(director, peerId)
    const row = decodeNode(told.node!)
    const used: Used = { director, row, load: 0, packOf: new Map() }
    this.#used.set(peerId, used)
    const contents = [...told.packs].flatMap(([pack, value]) =>
      changedPack(peerId, used, pack, undefined, decodePack(value))
    )
    return [
      ...describing(used),
      ...(row.node.role === 'source'
        ? [
            { kind: 'contentsBegun' as const, peerId },
            ...contents,
            { kind: 'contentsComplete' as const, peerId }
          ]
        : []),
      ...this.#changedLinks(peerId, told)
    ]
  }

  #changedLinks(peerId: string, told: Told): RegistryChange[] {
    const links = told.links ? decodeLinks(told.links) : new Map<string, number>()
    const before = this.#measured.get(peerId)?.links ?? new Map<string, number>()
    const measured = { links, ttlMs: Number.POSITIVE_INFINITY }
    this.#setLinks(peerId, measured)
    const gone = [...before.keys()].filter(to => !links.has(to)).map(to => ({ peerId: to }))
    return [
      ...(gone.length > 0 ? [{ kind: 'measured' as const, peerId, peers: gone, ttlMs: 0 }] : []),
      ...measuring(peerId, measured)
    ]
  }

  #setLinks(peerId: string, measured: Measured): void {
    this.#forgetLinks(peerId)
    this.#measured.set(peerId, measured)
    for (const to of measured.links.keys()) {
      const measurers = this.#measurers.get(to) ?? new Set()
      this.#measurers.set(to, measurers.add(peerId))
    }
  }

  #forgetLinks(peerId: string): void {
    for (const to of this.#measured.get(peerId)?.links.keys() ?? []) {
      const measurers = this.#measurers.get(to)
      measurers?.delete(peerId)
      if (measurers?.size === 0) this.#measurers.delete(to)
    }
    this.#measured.delete(peerId)
  }

  #stopUsing(peerId: string): void {
    this.#used.delete(peerId)
    this.#forgetLinks(peerId)
  }

  #forgetEmpty(peerId: string): void {
    for (const nodes of this.#toldBy.values()) {
      const told = nodes.get(peerId)
      if (told && !told.node && !told.links && told.packs.size === 0) nodes.delete(peerId)
    }
  }
}

/** The changes by which a registry takes a node as its director tells it. It ends neither the lease nor the links itself. */
function describing(used: Used): RegistryChange[] {
  const { director: owner, row } = used
  const { node, from, reachable } = row
  return [
    { kind: 'registered', owner, node, from, leaseMs: SHARED.leaseMs },
    { kind: 'reached', owner, peerId: node.peerId, addresses: reachable },
    renewed(used)
  ]
}

function renewed({ row, load }: Used): RegistryChange {
  const { draining, indexing, node } = row
  return { kind: 'renewed', peerId: node.peerId, draining, indexing, load, leaseMs: SHARED.leaseMs }
}

function measuring(peerId: string, { links, ttlMs }: Measured): RegistryChange[] {
  const peers = Array.from(links, ([to, rttMs]) => ({ peerId: to, rttMs }))
  return peers.length > 0 ? [{ kind: 'measured', peerId, peers, ttlMs, smoothed: true }] : []
}

function without(links: LinksRow, peers: Iterable<string>): LinksRow {
  const left = new Map(links)
  for (const peerId of peers) left.delete(peerId)
  return left
}

/** The pack has other entries than before. What has moved to another pack meanwhile stays. */
function changedPack(
  peerId: string,
  { packOf }: Used,
  pack: number,
  before: Uint8Array | undefined,
  entries: readonly ToldEntry[]
): RegistryChange[] {
  const names = new Set(entries.map(({ name }) => name))
  const had = before ? decodePack(before).map(({ name }) => name) : []
  const gone = had.filter(name => !names.has(name) && packOf.get(name) === pack)
  for (const name of gone) packOf.delete(name)
  for (const name of names) packOf.set(name, pack)
  return [
    ...(gone.length > 0 ? [{ kind: 'contentsRemoved' as const, peerId, names: gone }] : []),
    ...(entries.length > 0 ? [{ kind: 'contentsPut' as const, peerId, entries }] : [])
  ]
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && equalBytes(a, b))
}
