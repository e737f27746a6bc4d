/** A map of sets, most of which have one member: such a member stands in the map by itself, which saves 150 bytes. */
export class MultiMap<K, T extends string | { readonly name: string }> {
  readonly #members = new Map<K, T | Set<T>>()

  /** Adds a member behind the others, unless it is there. */
  add(key: K, member: T): void {
    const before = this.#members.get(key)
    if (before instanceof Set) before.add(member)
    else if (before === undefined) this.#members.set(key, member)
    else if (before !== member) this.#members.set(key, new Set([before, member]))
  }

  delete(key: K, member: T): void {
    const before = this.#members.get(key)
    if (before === member) this.#members.delete(key)
    if (!(before instanceof Set) || !before.delete(member) || before.size > 1) return
    const [last] = before
    this.#members.set(key, last!)
  }

  /** The members of one key, in the order in which they were added. */
  get(key: K): Iterable<T> {
    return iterable(this.#members.get(key))
  }

  first(key: K): T | undefined {
    const [first] = this.get(key)
    return first
  }

  /** The keys that there are, also as they come and go while this is read. */
  keys(): Iterator<K> {
    return this.#members.keys()
  }

  *[Symbol.iterator](): Generator<[K, Iterable<T>]> {
    for (const [key, members] of this.#members) yield [key, iterable(members)]
  }
}

function iterable<T>(members: T | Set<T> | undefined): Iterable<T> {
  if (members === undefined) return []
  return members instanceof Set ? members : [members]
}
