import type { ToldEntry } from './registry-change.ts'
import { SHARED } from './shared-limits.ts'
import { packedBytes } from './shared-values.ts'

interface Place {
  entry: ToldEntry
  pack: number
  generation: number
}

interface Pack {
  names: Set<string>
  bytes: number
}

/**
 * Divides the catalog of one source into packs, each of which is told as one value. A content stays
 * in its pack for as long as it is there, so that a change of one is a change of one value. Pure.
 */
export class CatalogPacks {
  readonly #places = new Map<string, Place>()
  readonly #packs = new Map<number, Pack>()
  /** Packs that have lost contents: what comes next is put there. */
  readonly #withRoom = new Set<number>()
  #last = 0
  #generation = 0

  /** The numbers of the packs that are not empty. */
  numbers(): Iterable<number> {
    return this.#packs.keys()
  }

  entries(pack: number): ToldEntry[] {
    return Array.from(this.#packs.get(pack)?.names ?? [], name => this.#places.get(name)!.entry)
  }

  /** The source starts to tell all its contents anew. */
  begin(): void {
    this.#generation++
  }

  /** Takes a content; returns the packs that have changed. */
  put(entry: ToldEntry): number[] {
    const known = this.#places.get(entry.name)
    if (known?.entry.record === entry.record && known.entry.rootHash === entry.rootHash) {
      known.generation = this.#generation
      return []
    }
    const before = this.remove(entry.name)
    const pack = this.#packFor(packedBytes(entry))
    this.#places.set(entry.name, { entry, pack, generation: this.#generation })
    const { names } = this.#packs.get(pack)!
    names.add(entry.name)
    this.#packs.get(pack)!.bytes += packedBytes(entry)
    return [...new Set([...before, pack])]
  }

  remove(name: string): number[] {
    const known = this.#places.get(name)
    if (!known) return []
    this.#places.delete(name)
    const pack = this.#packs.get(known.pack)!
    pack.names.delete(name)
    pack.bytes -= packedBytes(known.entry)
    if (pack.names.size === 0) this.#packs.delete(known.pack)
    this.#withRoom.add(known.pack)
    return [known.pack]
  }

  /** The source has told all: what it did not repeat since `begin` is gone. */
  complete(): number[] {
    const gone = [...this.#places].filter(([, { generation }]) => generation !== this.#generation)
    return [...new Set(gone.flatMap(([name]) => this.remove(name)))]
  }

  #packFor(bytes: number): number {
    for (const pack of this.#withRoom) {
      if (this.#hasRoom(pack, bytes)) return this.#opened(pack)
      this.#withRoom.delete(pack)
    }
    if (!this.#hasRoom(this.#last, bytes)) this.#last++
    return this.#opened(this.#last)
  }

  #opened(pack: number): number {
    if (!this.#packs.has(pack)) this.#packs.set(pack, { names: new Set(), bytes: 0 })
    return pack
  }

  #hasRoom(pack: number, bytes: number): boolean {
    const known = this.#packs.get(pack)
    if (!known) return true
    return known.names.size < SHARED.maxPackEntries && known.bytes + bytes <= SHARED.maxPackBytes
  }
}
