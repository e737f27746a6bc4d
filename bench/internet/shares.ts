/**
 * Flows that share what they go over. Each stands for `weights` like flows, and goes over some links: `links` has those of
 * all flows one after another, those of flow f from `starts[f]` to `starts[f + 1]`.
 */
export interface Flows {
  count: number
  weights: Float64Array
  starts: Int32Array
  links: Int32Array
}

/**
 * The max-min fair rate of each flow, for one of those that it stands for: all rates grow alike, and a flow stays where it
 * is once a link on its way is full (progressive filling). A link is looked at again only when it could be the next one to
 * be full, as the level at which it is full can but rise when flows of it stop elsewhere.
 */
export function fairRates(flows: Flows, capacities: Float64Array): Float64Array {
  const { count, weights, starts, links } = flows
  const rates = new Float64Array(count).fill(-1)
  const growing = new Float64Array(capacities.length)
  const taken = new Float64Array(capacities.length)
  const { first, users } = usersOf(flows, capacities.length)
  for (let flow = 0; flow < count; flow++)
    for (let at = starts[flow]!; at < starts[flow + 1]!; at++) growing[links[at]!]! += weights[flow]!
  const left = Int32Array.from({ length: capacities.length }, (_, link) => first[link + 1]! - first[link]!)
  const levelOf = (link: number) => Math.max(0, capacities[link]! - taken[link]!) / growing[link]!
  const queue = new LinkQueue(capacities.length)
  for (let link = 0; link < capacities.length; link++) if (left[link]! > 0) queue.push(levelOf(link), link)
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { link, level: before } = next
    if (left[link] === 0) continue
    const level = levelOf(link)
    if (level > before * (1 + 1e-9)) {
      queue.push(level, link)
      continue
    }
    for (let at = first[link]!; at < first[link + 1]!; at++) {
      const flow = users[at]!
      if (rates[flow]! >= 0) continue
      rates[flow] = level
      for (let on = starts[flow]!; on < starts[flow + 1]!; on++) {
        const other = links[on]!
        growing[other]! -= weights[flow]!
        taken[other]! += weights[flow]! * level
        left[other]!--
      }
    }
  }
  return rates
}

/** By link: the flows that go over it. */
function usersOf({ count, starts, links }: Flows, linkCount: number) {
  const first = new Int32Array(linkCount + 1)
  const uses = starts[count]!
  for (let at = 0; at < uses; at++) first[links[at]! + 1]!++
  for (let link = 0; link < linkCount; link++) first[link + 1]! += first[link]!
  const free = first.slice()
  const users = new Int32Array(uses)
  for (let flow = 0; flow < count; flow++)
    for (let at = starts[flow]!; at < starts[flow + 1]!; at++) users[free[links[at]!]!++] = flow
  return { first, users }
}

/** Links by the level at which they are full, the least first. A link stands in it once. */
class LinkQueue {
  readonly #levels: Float64Array
  readonly #links: Int32Array
  #size = 0

  constructor(links: number) {
    this.#levels = new Float64Array(links + 1)
    this.#links = new Int32Array(links + 1)
  }

  push(level: number, link: number): void {
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#levels[parent]! <= level) break
      this.#move(parent, at)
      at = parent
    }
    this.#levels[at] = level
    this.#links[at] = link
  }

  pop(): { level: number; link: number } | undefined {
    if (this.#size === 0) return undefined
    const top = { level: this.#levels[0]!, link: this.#links[0]! }
    this.#size--
    const level = this.#levels[this.#size]!
    const link = this.#links[this.#size]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      if (child + 1 < this.#size && this.#levels[child + 1]! < this.#levels[child]!) child++
      if (this.#levels[child]! >= level) break
      this.#move(child, at)
      at = child
    }
    this.#levels[at] = level
    this.#links[at] = link
    return top
  }

  #move(from: number, to: number): void {
    this.#levels[to] = this.#levels[from]!
    this.#links[to] = this.#links[from]!
  }
}
