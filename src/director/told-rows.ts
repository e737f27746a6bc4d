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
  links: LinksRow
  /** The pack in which each of its contents stands. */
  packOf: Map<string, number>
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
  /** By peer, the nodes in use that have measured it. */
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
    if (key.kind === 'links') return isUsed ? this.#changedLinks(peerId, used!, told) : []
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

  /** A node has registered here. Its links, if others told of them, count until it measures anew. */
  ownBegan(peerId: string, ttlMs: number): RegistryChange[] {
    const used = this.#used.get(peerId)
    if (!used) return []
    this.#stopUsing(peerId, used)
    return used.links.size > 0 ? [measured(peerId, used.links, ttlMs)] : []
  }

  /** A node is no longer registered here. */
  ownEnded(peerId: string): RegistryChange[] {
    return this.#choose(peerId)
  }

  /**
   * The round trips to a node as others have told them: to be applied again when the node has become
   * known or is found elsewhere, since the registry takes none to a node that it does not know.
   */
  linksTo(peerId: string): RegistryChange[] {
    return Array.from(this.#measurers.get(peerId) ?? [], from =>
      measured(from, new Map([[peerId, this.#used.get(from)!.links.get(peerId)!]]))
    )
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
      this.#stopUsing(peerId, used)
      return [{ kind: 'gone', owner: used.director, peerId }]
    }
    if (used) this.#stopUsing(peerId, used)
    return this.#use(peerId, director)
  }

  #use(peerId: string, director: string): RegistryChange[] {
    const told = this.#toldOf(director, peerId)
    const row = decodeNode(told.node!)
    const used: Used = { director, row, load: 0, links: new Map(), packOf: new Map() }
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
      ...this.#changedLinks(peerId, used, told)
    ]
  }

  #changedLinks(peerId: string, used: Used, told: Told): RegistryChange[] {
    const before = used.links
    this.#unlink(peerId, before)
    used.links = told.links ? decodeLinks(told.links) : new Map()
    for (const to of used.links.keys()) {
      const measurers = this.#measurers.get(to) ?? new Set()
      this.#measurers.set(to, measurers.add(peerId))
    }
    const gone = [...before.keys()].filter(to => !used.links.has(to)).map(to => ({ peerId: to }))
    return [
      ...(gone.length > 0 ? [{ kind: 'measured' as const, peerId, peers: gone, ttlMs: 0 }] : []),
      ...(used.links.size > 0 ? [measured(peerId, used.links)] : [])
    ]
  }

  #stopUsing(peerId: string, { links }: Used): void {
    this.#unlink(peerId, links)
    this.#used.delete(peerId)
  }

  #unlink(peerId: string, links: LinksRow): void {
    for (const to of links.keys()) {
      const measurers = this.#measurers.get(to)
      measurers?.delete(peerId)
      if (measurers?.size === 0) this.#measurers.delete(to)
    }
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

function measured(peerId: string, links: LinksRow, ttlMs: number = Number.POSITIVE_INFINITY): RegistryChange {
  const peers = Array.from(links, ([to, rttMs]) => ({ peerId: to, rttMs }))
  return { kind: 'measured', peerId, peers, ttlMs, smoothed: true }
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
