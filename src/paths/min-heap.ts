interface Entry<T> {
  key: number
  node: T
}

/** Gives back the entry with the least key first. */
export class MinHeap<T> {
  readonly #entries: Entry<T>[] = []

  push(key: number, node: T): void {
    const entries = this.#entries
    let at = entries.push({ key, node }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (entries[parent]!.key <= key) break
      entries[at] = entries[parent]!
      at = parent
    }
    entries[at] = { key, node }
  }

  pop(): T | undefined {
    const entries = this.#entries
    const top = entries[0]
    const last = entries.pop()
    if (top === undefined || last === undefined) return undefined
    if (entries.length > 0) this.#sink(last)
    return top.node
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && entries[child + 1]!.key < entries[child]!.key) child++
      if (entries[child]!.key >= entry.key) break
      entries[at] = entries[child]!
      at = child
    }
    entries[at] = entry
  }
}
