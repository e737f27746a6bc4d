import { standpointOf } from '../../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS } from '../../src/director/limits.ts'
import { type FoundRoute, findRoutes } from '../../src/director/route-finder.ts'
import { createRandom, type Random } from '../../src/simulation/index.ts'
import { contentName, type Directory, relayAt, sourceAt } from './directory.ts'
import { ACCESS_CLASSES, type Internet, pick, roundTripMs } from './network.ts'
import { offerOf, type Rule } from './rules.ts'
import { fairRates } from './shares.ts'

export interface RunOptions {
  clients: number
  /** How many like clients each search stands for. */
  every: number
  seed: number
}

/** Seconds: all clients have come; from then on they come and go. Then relays vanish, and the run ends. */
export const FULL_AT = 40
export const VANISH_AT = 70
export const END_AT = 110
/** Seconds between two reports of a relay, a third of a lease; the director's grace for a lost connection. */
const REPORT_EVERY = DIRECTOR_LIMITS.leaseMs / 3_000
const GRACE = DIRECTOR_LIMITS.lostConnectionGraceMs / 1_000
/** Seconds over which the answers to all who have lost a route are spread. */
const REANSWER = 5
const MEAN_STAY = 120
const VANISHING = 0.1
/** Routes that a relay admits at most, by default. */
const MAX_SESSIONS = 256
const MOST_ROUTES = 4
const HERE = '/ip4/127.0.0.1/tcp/1'

/** One second of a run; shares are of the clients that are there. */
export interface Second {
  at: number
  /** Mean of the clients' rates, each in parts of what its access line takes. */
  meanShare: number
  withoutRoute: number
  queries: number
  /** Processor seconds that the searches of this second took, for all clients that they stand for. */
  processor: number
}

export interface RunResult {
  rule: string
  seconds: Second[]
  /** Before relays vanish: by relay the part of its rate that is used; by class of clients its part of what it could have. */
  utilisation: Float64Array
  clientShares: Float64Array
  /** Mean change of a relay's used part from one report to the next. */
  swing: number
  /** Of all pairs of routes of one client, those that share a relay, a network of addresses, a system. */
  pairs: { count: number; sameRelay: number; sameNetwork: number; sameSystem: number }
  /** Share of clients that lost so many routes, by kind: relays at random, or whole systems. */
  lost: Record<'relays' | 'systems', { none: number; some: number; all: number }>
  /** Round trip between source and relay, mean over routes, in milliseconds; relays of a route. */
  meanRttMs: number
  meanRelays: number
  searchMs: number
  /** Seconds after relays vanished until the mean is at 0.98 of what it was before, or of where it ends. */
  recoveredAfter: number
}

export class Run {
  readonly #internet: Internet
  readonly #directory: Directory
  readonly #rule: Rule
  readonly #every: number
  readonly #seed: number
  readonly #random: Random
  readonly #slots: number
  readonly #isHere: Uint8Array
  readonly #contents: Int32Array
  readonly #access: Int8Array
  readonly #wanted: Int8Array
  readonly #routes: (FoundRoute[] | undefined)[]
  readonly #addresses: string[]
  readonly #gone: Uint8Array
  readonly #utilisation: Float64Array
  readonly #sessions: Int32Array
  #shares: Float64Array
  #asked = 0
  #processor = 0
  #asks = 0
  #searches = 0

  constructor(internet: Internet, directory: Directory, rule: Rule, { clients, every, seed }: RunOptions) {
    this.#internet = internet
    this.#directory = directory
    this.#rule = rule
    this.#every = every
    this.#seed = seed
    this.#random = createRandom(seed * 7_919 + 17)
    this.#slots = Math.round(clients / every)
    this.#isHere = new Uint8Array(this.#slots)
    this.#contents = new Int32Array(this.#slots)
    this.#access = new Int8Array(this.#slots)
    this.#wanted = new Int8Array(this.#slots)
    this.#routes = new Array(this.#slots)
    this.#addresses = new Array(this.#slots)
    this.#shares = new Float64Array(this.#slots)
    this.#gone = new Uint8Array(internet.relayRates.length)
    this.#utilisation = new Float64Array(internet.relayRates.length)
    this.#sessions = new Int32Array(internet.relayRates.length)
  }

  run(): RunResult {
    const seconds: Second[] = []
    const relays = this.#internet.relayRates.length
    let before: Partial<RunResult> = {}
    let swing = 0
    let swings = 0
    let last = this.#utilisation.slice()
    let lost: RunResult['lost'] | undefined
    for (let at = 0; at < END_AT; at++) {
      this.#processor = this.#asks = 0
      if (at < FULL_AT) this.#arrive(at)
      else this.#turnOver()
      if (at === VANISH_AT) {
        before = this.#picture()
        lost = { relays: this.#lossesOf(this.#someRelays()), systems: this.#lossesOf(this.#someSystems()) }
        this.#vanish()
      }
      if (at >= VANISH_AT + GRACE && at < VANISH_AT + GRACE + REANSWER)
        this.#answerAnew(at - VANISH_AT - GRACE)
      this.#settle()
      for (let relay = at % REPORT_EVERY; relay < relays; relay += REPORT_EVERY) this.#report(relay)
      if (at >= FULL_AT && at < VANISH_AT && at % REPORT_EVERY === 0) {
        swing +=
          this.#utilisation.reduce((sum, used, relay) => sum + Math.abs(used - last[relay]!), 0) / relays
        swings++
      }
      if (at % REPORT_EVERY === 0) last = this.#utilisation.slice()
      seconds.push({ at, ...this.#second() })
    }
    return {
      rule: this.#rule.name,
      seconds,
      ...(before as Pick<RunResult, 'utilisation' | 'clientShares' | 'pairs' | 'meanRttMs' | 'meanRelays'>),
      swing: swing / swings,
      lost: lost!,
      searchMs: (this.#asked * 1_000) / this.#searches,
      recoveredAfter: recoveredAfter(seconds)
    }
  }

  #arrive(at: number): void {
    const upTo = Math.round(((at + 1) / FULL_AT) * this.#slots)
    for (let slot = Math.round((at / FULL_AT) * this.#slots); slot < upTo; slot++) this.#enter(slot)
  }

  #turnOver(): void {
    for (let slot = 0; slot < this.#slots; slot++) if (this.#random() < 1 / MEAN_STAY) this.#enter(slot)
  }

  /** A new client takes a place; one that was there is gone. */
  #enter(slot: number): void {
    this.#isHere[slot] = 1
    this.#contents[slot] = pick(this.#internet.popularity, this.#random())
    const chance = this.#random()
    this.#access[slot] =
      chance < ACCESS_CLASSES[0].share
        ? 0
        : chance < ACCESS_CLASSES[0].share + ACCESS_CLASSES[1].share
          ? 1
          : 2
    this.#wanted[slot] = 2 + Math.floor(this.#random() * (MOST_ROUTES - 1))
    const host = Math.floor(this.#random() * 2 ** 24)
    this.#addresses[slot] =
      `/ip4/${64 + Math.floor(this.#random() * 32)}.${host >> 16}.${(host >> 8) & 255}.${host & 255}/tcp/1`
    this.#count(slot, -1)
    this.#routes[slot] = undefined
    this.#ask(slot)
  }

  #ask(slot: number): void {
    const content = this.#contents[slot]!
    const wanted = this.#wanted[slot]!
    const each = Math.ceil(wanted / this.#internet.contents[content]!.holders)
    this.#directory.offer = offerOf(this.#rule, this.#directory, each, this.#random)
    const held = this.#routes[slot]?.map(({ sourceId, relays }) => ({
      sourceId,
      relays: relays.map(({ peerId }) => peerId)
    }))
    const query = {
      content: { name: contentName(content) },
      count: wanted,
      asker: standpointOf(this.#rule.draws ? this.#addresses[slot]! : HERE),
      ...(held ? { held } : {})
    }
    const before = process.cpuUsage()
    const found = findRoutes(this.#directory, query, DIRECTOR_LIMITS, 0)
    const { user, system } = process.cpuUsage(before)
    this.#searches++
    this.#asked += (user + system) / 1e6
    this.#processor += ((user + system) / 1e6) * this.#every
    this.#asks += this.#every
    this.#count(slot, -1)
    this.#routes[slot] = found?.routes ?? []
    this.#count(slot, 1)
  }

  #count(slot: number, sign: 1 | -1): void {
    for (const { relays } of this.#routes[slot] ?? [])
      for (const { peerId } of relays) this.#sessions[relayAt(peerId)]! += sign * this.#every
  }

  /** Gives all routes their fair rates. */
  #settle(): void {
    const { relayRates, sourceRates } = this.#internet
    const relays = relayRates.length
    const clientsFrom = relays + sourceRates.length
    const capacities = new Float64Array(clientsFrom + this.#slots)
    relayRates.forEach((rate, relay) => {
      capacities[relay] = this.#gone[relay] ? 0 : rate
    })
    capacities.set(sourceRates, relays)
    const links: number[] = []
    const starts = [0]
    const owners: number[] = []
    for (let slot = 0; slot < this.#slots; slot++) {
      capacities[clientsFrom + slot] = ACCESS_CLASSES[this.#access[slot]!]!.rate * this.#every
      for (const { relays: on, sourceId } of this.#routes[slot] ?? []) {
        for (const { peerId } of on) links.push(relayAt(peerId))
        links.push(relays + sourceAt(sourceId), clientsFrom + slot)
        starts.push(links.length)
        owners.push(slot)
      }
    }
    const flows = {
      count: owners.length,
      weights: new Float64Array(owners.length).fill(this.#every),
      starts: Int32Array.from(starts),
      links: Int32Array.from(links)
    }
    const rates = fairRates(flows, capacities)
    this.#shares = new Float64Array(this.#slots)
    this.#utilisation.fill(0)
    for (let flow = 0; flow < flows.count; flow++) {
      const slot = owners[flow]!
      this.#shares[slot]! += rates[flow]! / ACCESS_CLASSES[this.#access[slot]!]!.rate
      for (let at = flows.starts[flow]!; at < flows.starts[flow + 1]!; at++) {
        const link = flows.links[at]!
        if (link < relays && !this.#gone[link])
          this.#utilisation[link]! += (rates[flow]! * this.#every) / relayRates[link]!
      }
    }
  }

  #report(relay: number): void {
    if (this.#gone[relay]) return
    const sessions = this.#sessions[relay]!
    const load =
      this.#rule.report === 'sessions'
        ? Math.min(1, sessions / MAX_SESSIONS)
        : Math.min(1, this.#utilisation[relay]!, sessions / (sessions + 1))
    this.#directory.report(relay, load)
  }

  #second(): Omit<Second, 'at'> {
    let here = 0
    let sum = 0
    let without = 0
    for (let slot = 0; slot < this.#slots; slot++) {
      if (!this.#isHere[slot]) continue
      here++
      sum += this.#shares[slot]!
      if (this.#living(slot) === 0) without++
    }
    return {
      meanShare: sum / here,
      withoutRoute: without / here,
      queries: this.#asks,
      processor: this.#processor
    }
  }

  #living(slot: number): number {
    return (this.#routes[slot] ?? []).filter(({ relays }) =>
      relays.every(({ peerId }) => !this.#gone[relayAt(peerId)])
    ).length
  }

  #picture() {
    const pairs = { count: 0, sameRelay: 0, sameNetwork: 0, sameSystem: 0 }
    let rttMs = 0
    let routes = 0
    let relays = 0
    for (const of of this.#routes) {
      for (const [at, route] of (of ?? []).entries()) {
        const nearest = relayAt(route.relays.at(-1)!.peerId)
        rttMs += roundTripMs(this.#internet.sources, sourceAt(route.sourceId), this.#internet.relays, nearest)
        relays += route.relays.length
        routes++
        for (const other of of!.slice(0, at)) this.#compare(route, other, pairs)
      }
    }
    return {
      utilisation: this.#utilisation.slice(),
      clientShares: this.#shares.slice(),
      pairs,
      meanRttMs: rttMs / routes,
      meanRelays: relays / routes
    }
  }

  #compare(a: FoundRoute, b: FoundRoute, pairs: RunResult['pairs']): void {
    const share = (keyOf: (relay: FoundRoute['relays'][number]) => unknown) => {
      const keys = new Set(a.relays.map(keyOf))
      return b.relays.some(relay => keys.has(keyOf(relay))) ? 1 : 0
    }
    pairs.count++
    pairs.sameRelay += share(({ peerId }) => peerId)
    pairs.sameNetwork += share(({ network }) => network)
    pairs.sameSystem += share(({ peerId }) => this.#internet.relaySystems[relayAt(peerId)])
  }

  #someRelays(): Uint8Array {
    const random = createRandom(this.#seed + 99)
    return this.#gone.map(() => (random() < VANISHING ? 1 : 0))
  }

  /** Whole systems at random, until a tenth of all relays is among them. */
  #someSystems(): Uint8Array {
    const { relaySystems } = this.#internet
    const random = createRandom(this.#seed + 98)
    const systems = [...new Set(relaySystems)]
      .map(system => ({ system, key: random() }))
      .sort((a, b) => a.key - b.key)
    const sizes = new Map<number, number>()
    for (const system of relaySystems) sizes.set(system, (sizes.get(system) ?? 0) + 1)
    const fallen = new Set<number>()
    let count = 0
    for (const { system } of systems) {
      const size = sizes.get(system)!
      if (count + size > VANISHING * relaySystems.length) continue
      count += size
      fallen.add(system)
    }
    return Uint8Array.from(relaySystems, system => (fallen.has(system) ? 1 : 0))
  }

  #lossesOf(fallen: Uint8Array) {
    const counts = { none: 0, some: 0, all: 0 }
    let clients = 0
    for (const routes of this.#routes) {
      if (!routes || routes.length === 0) continue
      clients++
      const lost = routes.filter(({ relays }) => relays.some(({ peerId }) => fallen[relayAt(peerId)])).length
      counts[lost === 0 ? 'none' : lost === routes.length ? 'all' : 'some']++
    }
    return { none: counts.none / clients, some: counts.some / clients, all: counts.all / clients }
  }

  #vanish(): void {
    this.#gone.set(this.#someRelays())
  }

  /** The director has given the relays up, and tells all who have lost routes, by and by. */
  #answerAnew(turn: number): void {
    if (turn === 0)
      this.#gone.forEach((gone, relay) => {
        if (gone) this.#directory.leave(relay)
      })
    for (let slot = turn; slot < this.#slots; slot += REANSWER)
      if (this.#isHere[slot] && this.#living(slot) < (this.#routes[slot]?.length ?? 0)) this.#ask(slot)
  }
}

function recoveredAfter(seconds: readonly Second[]): number {
  const end = seconds.slice(-10).reduce((sum, { meanShare }) => sum + meanShare, 0) / 10
  const back = seconds.find(({ at, meanShare }) => at >= VANISH_AT && meanShare >= 0.98 * end)
  return (back?.at ?? END_AT) - VANISH_AT
}
