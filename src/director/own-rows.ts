import { equalBytes } from '../protocol/bytes.ts'
import { CatalogPacks } from './catalog-packs.ts'
import type { ReadonlyRegistry } from './registry.ts'
import type { RegistryChange, ToldEntry } from './registry-change.ts'
import { SHARED } from './shared-limits.ts'
import {
  encodeLinks,
  encodeNode,
  encodePack,
  type LinksRow,
  linksKey,
  type NodeRow,
  nodeKey,
  packKey,
  readKey,
  type SharedKey
} from './shared-values.ts'

/** A value to be put; undefined: to be removed. */
export interface Write {
  key: string
  value: Uint8Array | undefined
}

/** What of a node was told last, as far as it changes often. */
interface OwnNode {
  packs: CatalogPacks
  row: string
  links: LinksRow
}

/**
 * What a director tells others of the nodes that are registered with it. It follows the changes of
 * the registry, and says what has to be written on account of them. Pure.
 */
export class OwnRows {
  readonly #owner: string
  readonly #registry: ReadonlyRegistry
  readonly #nodes = new Map<string, OwnNode>()
  /** Keys of which others do not know the value that stands, the longest in want first. */
  readonly #dirty = new Set<string>()

  /** `owner` is the director's own id. */
  constructor(owner: string, registry: ReadonlyRegistry) {
    this.#owner = owner
    this.#registry = registry
  }

  get isClean(): boolean {
    return this.#dirty.size === 0
  }

  /** Hears of a change that the registry has taken. */
  onChange(change: RegistryChange): void {
    switch (change.kind) {
      case 'registered':
        this.#register(change.node.peerId)
        return
      case 'gone':
        this.#endUnlessOwn(change.peerId)
        return
      case 'expired':
        for (const peerId of change.peerIds) this.#endUnlessOwn(peerId)
        for (const [from] of change.measurements) this.#measured(from)
        return
      case 'complained':
        return
    }
    const own = this.#nodes.get(change.peerId)
    if (!own) return
    if (change.kind === 'measured') this.#measured(change.peerId)
    else if (change.kind === 'reached' || change.kind === 'renewed') this.#restate(change.peerId, own)
    else this.#takeContents(own.packs, change)
  }

  /** Returns what is to be written next. What could not be written is given back by `failed`. */
  take(max: number): Write[] {
    const keys = [...this.#dirty].slice(0, max)
    for (const key of keys) this.#dirty.delete(key)
    return keys.map(key => ({ key, value: this.#valueOf(readKey(key)!) }))
  }

  failed(key: string): void {
    this.#dirty.add(key)
  }

  /** All is to be written again. */
  refresh(): void {
    for (const key of this.#keys()) this.#dirty.add(key)
  }

  /** Others have these keys alone: what is missing is to be written. */
  writeMissing(keys: ReadonlySet<string>): void {
    for (const key of this.#keys()) if (!keys.has(key)) this.#dirty.add(key)
  }

  /**
   * Others have been told this value under an own key. One that is not right comes of a write that
   * was late, perhaps of this director before it was started anew: it is written again.
   */
  onTold(key: string, value: Uint8Array | undefined): void {
    if (this.#dirty.has(key)) return
    const right = this.#valueOf(readKey(key)!)
    const isRight =
      right === undefined ? value === undefined : value !== undefined && equalBytes(right, value)
    if (!isRight) this.#dirty.add(key)
  }

  /** Of these keys that others have, own ones that stand for nothing are to be removed. */
  removeStrays(keys: Iterable<string>): void {
    const own = new Set(this.#keys())
    for (const key of keys) {
      const read = readKey(key)
      if (read?.kind !== 'director' && read?.director === this.#owner && !own.has(key)) this.#dirty.add(key)
    }
  }

  #register(peerId: string): void {
    const node = this.#registry.node(peerId)
    if (node?.owner !== this.#owner) {
      this.#endUnlessOwn(peerId)
      return
    }
    const known = this.#nodes.get(peerId)
    if (known && node.role !== 'source') this.#dropPacks(peerId, known)
    const own = known ?? { packs: new CatalogPacks(), row: '', links: new Map() }
    this.#nodes.set(peerId, own)
    this.#restate(peerId, own)
    this.#measured(peerId)
  }

  /** The node row is to be written if what it says has changed. */
  #restate(peerId: string, own: OwnNode): void {
    const row = JSON.stringify(this.#rowOf(peerId))
    if (row === own.row) return
    own.row = row
    this.#dirty.add(nodeKey(this.#owner, peerId))
  }

  #measured(peerId: string): void {
    const own = this.#nodes.get(peerId)
    if (!own) return
    const links = this.#linksOf(peerId)
    if (isAlike(links, own.links)) return
    own.links = links
    this.#dirty.add(linksKey(this.#owner, peerId))
  }

  #linksOf(peerId: string): LinksRow {
    const measured = this.#registry.measuredBy(peerId)
    return new Map(measured.map(({ peerId: to, rttMs }) => [to, Math.round(rttMs! * 100) / 100]))
  }

  #takeContents(packs: CatalogPacks, change: RegistryChange & { peerId: string }): void {
    const { peerId } = change
    const changed = (numbers: Iterable<number>) => {
      for (const number of numbers) this.#dirty.add(packKey(this.#owner, peerId, number))
    }
    if (change.kind === 'contentsBegun') packs.begin()
    if (change.kind === 'contentsPut')
      for (const entry of change.entries) changed(this.#put(packs, peerId, entry))
    if (change.kind === 'contentsRemoved') for (const name of change.names) changed(packs.remove(name))
    if (change.kind === 'contentsComplete') changed(packs.complete())
    if (change.kind === 'contentChecked' && !this.#registry.entryOf(peerId, change.name))
      changed(packs.remove(change.name))
  }

  /** An entry for which the registry has no room is not told either. */
  #put(packs: CatalogPacks, peerId: string, { name, record }: ToldEntry): number[] {
    const held = this.#registry.entryOf(peerId, name)
    return held?.record === record ? packs.put(held) : []
  }

  #endUnlessOwn(peerId: string): void {
    const own = this.#nodes.get(peerId)
    if (!own || this.#registry.node(peerId)?.owner === this.#owner) return
    this.#nodes.delete(peerId)
    for (const key of this.#keysOf(peerId, own)) this.#dirty.add(key)
  }

  #dropPacks(peerId: string, own: OwnNode): void {
    for (const number of own.packs.numbers()) this.#dirty.add(packKey(this.#owner, peerId, number))
    own.packs = new CatalogPacks()
  }

  *#keys(): Generator<string> {
    for (const [peerId, own] of this.#nodes) yield* this.#keysOf(peerId, own)
  }

  *#keysOf(peerId: string, { packs, links }: OwnNode): Generator<string> {
    yield nodeKey(this.#owner, peerId)
    if (links.size > 0) yield linksKey(this.#owner, peerId)
    for (const number of packs.numbers()) yield packKey(this.#owner, peerId, number)
  }

  #valueOf(key: SharedKey): Uint8Array | undefined {
    if (key.kind === 'director') return undefined
    const own = this.#nodes.get(key.peerId)
    if (!own) return undefined
    if (key.kind === 'pack') return packValue(own.packs.entries(key.pack))
    if (key.kind === 'node') return encodeNode(this.#rowOf(key.peerId))
    return own.links.size > 0 ? encodeLinks(own.links) : undefined
  }

  #rowOf(peerId: string): NodeRow {
    const { role, addresses, labels, restricted, capabilities, routeProtocol, ...known } =
      this.#registry.node(peerId)!
    const { neighbors, capacityBytesPerSecond, vouchedBy, from, reachable, draining, indexing } = known
    const node = {
      ...{ peerId, role, addresses, labels, restricted, capabilities, routeProtocol },
      ...(neighbors ? { neighbors } : {}),
      ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
      ...(vouchedBy === undefined ? {} : { vouchedBy })
    }
    return { node, from, reachable, draining, indexing }
  }
}

function packValue(entries: readonly ToldEntry[]): Uint8Array | undefined {
  return entries.length > 0 ? encodePack(entries) : undefined
}

/** Tells whether others need not be told: the same links are there, and about as long. */
function isAlike(a: LinksRow, b: LinksRow): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([peerId, rttMs]) => {
    const told = b.get(peerId)
    if (told === undefined) return false
    return Math.abs(rttMs - told) <= Math.max(SHARED.leastRttChangeMs, SHARED.rttChange * told)
  })
}
