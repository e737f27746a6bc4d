import { isWithinShare } from '../transport/share.ts'
import { MultiMap } from './multi-map.ts'
import type { ToldEntry } from './registry-change.ts'

/** Memory of an entry besides its name and record, in bytes: its root hash, and its places in the index. */
const ENTRY_BYTES = 750

/** One content of one source. */
export interface CatalogEntry extends ToldEntry {
  /**
   * True when the record was found to be genuine and of this name and root; checked when it is
   * first asked for.
   */
  isVerified: boolean
}

export type ContentKey = { name: string } | { rootHash: string }

export interface ContentIndexLimits {
  maxCatalogEntries: number
  maxCatalogBytesInAll: number
}

/** The bytes under a name, and the sources that hold them under it. */
export interface HeldContent {
  name: string
  /** Lower-case hex. */
  rootHash: string
  /** The peer ids of the sources; the one that told it first stands first. */
  holders: string[]
}

/** An entry and the source that told it. */
export interface Holding {
  sourceId: string
  entry: CatalogEntry
}

interface StoredEntry extends CatalogEntry {
  sourceId: string
  generation: number
}

interface Catalog {
  entries: Map<string, StoredEntry>
  /** Who has to share with all others what memory there is; see `begin`. */
  owner: string
  generation: number
}

/** Which source holds which content, by name and by root hash. */
export class ContentIndex {
  readonly #limits: ContentIndexLimits
  readonly #catalogs = new Map<string, Catalog>()
  readonly #sourcesByName = new MultiMap<string, string>()
  // The same bytes may stand under several names of one source.
  readonly #entriesByRoot = new MultiMap<string, StoredEntry>()
  #changedKeys = new Set<string>()
  #entryCount = 0
  #bytes = 0
  readonly #bytesOf = new Map<string, number>()

  constructor(limits: ContentIndexLimits) {
    this.#limits = limits
  }

  /**
   * A source starts to tell its catalog anew; what it told before stays until `complete`. All sources
   * of one `owner` share what one may have.
   */
  begin(sourceId: string, owner: string): void {
    const catalog = this.#catalogs.get(sourceId)
    if (catalog) catalog.generation++
    else this.#catalogs.set(sourceId, { entries: new Map(), owner, generation: 0 })
  }

  /** Adds or replaces entries; returns how many were left out because a limit is reached. */
  put(sourceId: string, entries: readonly ToldEntry[]): number {
    const catalog = this.#catalogs.get(sourceId)
    if (!catalog) return entries.length
    let refused = 0
    for (const entry of entries) {
      const known = catalog.entries.get(entry.name)
      if (known && isSame(known, entry)) known.generation = catalog.generation
      else if (known === undefined && this.#isFull(catalog)) refused++
      else this.#store(sourceId, catalog, entry)
    }
    return refused
  }

  /** Notes that an entry's record is genuine, or removes the entry. One that has another record by now stays as it is. */
  check(sourceId: string, name: string, record: string, isGenuine: boolean): void {
    const entry = this.#catalogs.get(sourceId)?.entries.get(name)
    if (entry?.record !== record) return
    entry.isVerified = isGenuine
    if (!isGenuine) this.remove(sourceId, [name])
  }

  remove(sourceId: string, names: readonly string[]): void {
    const catalog = this.#catalogs.get(sourceId)
    if (!catalog) return
    for (const name of names) this.#drop(sourceId, catalog, name)
  }

  /** The source has told its whole catalog: entries from before its last `begin` that it did not repeat are gone. */
  complete(sourceId: string): void {
    const catalog = this.#catalogs.get(sourceId)
    if (!catalog) return
    for (const [name, stored] of catalog.entries) {
      if (stored.generation !== catalog.generation) this.#drop(sourceId, catalog, name)
    }
  }

  /** Forgets a source and all that it holds. */
  forget(sourceId: string): void {
    const catalog = this.#catalogs.get(sourceId)
    if (!catalog) return
    for (const name of [...catalog.entries.keys()]) this.#drop(sourceId, catalog, name)
    this.#catalogs.delete(sourceId)
  }

  /**
   * Returns who holds a content, in the order in which they told it. Under a name a source keeps
   * its place when it changes the content.
   */
  find(key: ContentKey): Holding[] {
    const entries =
      'rootHash' in key
        ? [...this.#entriesByRoot.get(key.rootHash)]
        : [...this.#sourcesByName.get(key.name)].map(sourceId => this.#storedAt(sourceId, key.name))
    const bySource = new Map<string, CatalogEntry>()
    for (const entry of entries) if (!bySource.has(entry.sourceId)) bySource.set(entry.sourceId, entry)
    return [...bySource].map(([sourceId, entry]) => ({ sourceId, entry }))
  }

  /** Returns those of the names that another source told first, and with other bytes. */
  namesTaken(sourceId: string, names: readonly string[]): string[] {
    const own = this.#catalogs.get(sourceId)?.entries
    return names.filter(name => {
      const first = this.#sourcesByName.first(name)
      const rootHash = own?.get(name)?.rootHash
      if (first === undefined || rootHash === undefined) return false
      return this.#storedAt(first, name).rootHash !== rootHash
    })
  }

  entryOf(sourceId: string, name: string): CatalogEntry | undefined {
    return this.#catalogs.get(sourceId)?.entries.get(name)
  }

  /** The names that there are, also as they come and go while this is read. */
  names(): Iterator<string> {
    return this.#sourcesByName.keys()
  }

  /** Lists all contents; names come in the order in which they were first told. */
  *all(): Generator<HeldContent> {
    for (const [name, sources] of this.#sourcesByName) {
      const byRoot = Map.groupBy(sources, source => this.#storedAt(source, name).rootHash)
      for (const [rootHash, holders] of byRoot) yield { name, rootHash, holders }
    }
  }

  countOf(sourceId: string): number {
    return this.#catalogs.get(sourceId)?.entries.size ?? 0
  }

  get count(): number {
    return this.#entryCount
  }

  /** The names and root hashes whose holders changed since the last call. */
  takeChangedKeys(): Set<string> {
    const changed = this.#changedKeys
    this.#changedKeys = new Set()
    return changed
  }

  #isFull(catalog: Catalog): boolean {
    const { maxCatalogEntries, maxCatalogBytesInAll } = this.#limits
    const ownBytes = this.#bytesOf.get(catalog.owner) ?? 0
    const hasShare = isWithinShare(ownBytes, this.#bytes, maxCatalogBytesInAll)
    return catalog.entries.size >= maxCatalogEntries || !hasShare
  }

  #store(sourceId: string, catalog: Catalog, { name, rootHash, record }: ToldEntry): void {
    this.#dropEntry(catalog, name)
    const entry = { name, rootHash, record, isVerified: false, sourceId, generation: catalog.generation }
    catalog.entries.set(name, entry)
    this.#entryCount++
    this.#count(catalog.owner, entryBytes(entry))
    this.#sourcesByName.add(name, sourceId)
    this.#entriesByRoot.add(rootHash, entry)
    this.#changedKeys.add(name).add(rootHash)
  }

  #storedAt(sourceId: string, name: string): StoredEntry {
    return this.#catalogs.get(sourceId)!.entries.get(name)!
  }

  #count(owner: string, bytes: number): void {
    this.#bytes += bytes
    const ownBytes = (this.#bytesOf.get(owner) ?? 0) + bytes
    if (ownBytes > 0) this.#bytesOf.set(owner, ownBytes)
    else this.#bytesOf.delete(owner)
  }

  #drop(sourceId: string, catalog: Catalog, name: string): void {
    this.#dropEntry(catalog, name)
    this.#sourcesByName.delete(name, sourceId)
  }

  /** Removes an entry; the source keeps its place under the name. */
  #dropEntry(catalog: Catalog, name: string): void {
    const stored = catalog.entries.get(name)
    if (!stored) return
    catalog.entries.delete(name)
    this.#entryCount--
    this.#count(catalog.owner, -entryBytes(stored))
    this.#entriesByRoot.delete(stored.rootHash, stored)
    this.#changedKeys.add(name).add(stored.rootHash)
  }
}

/** Memory that an entry takes, in bytes: what it stands in, and its texts at the most that they may take. */
export function entryBytes({ name, record }: ToldEntry): number {
  return ENTRY_BYTES + 2 * name.length + record.length
}

function isSame(a: ToldEntry, b: ToldEntry): boolean {
  return a.rootHash === b.rootHash && a.record === b.record
}
