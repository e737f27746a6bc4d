import { describe, expect, it } from 'vitest'
import { PartPlan } from '../../src/client/part-plan.ts'
import { type Bringer, MAX_PARTS, type PartUnderway, takePart } from '../../src/client/part-turns.ts'
import { type NumberRange, RangeSet } from '../../src/pattern/range-set.ts'

const SEGMENT_BYTES = 32 * 1024
/** Of each node's link, in each direction: 20 Mbit/s. */
const LINK_RATE = 20e6 / 8
/** 50 MB. */
const COUNT = 1_526
const ALL = [{ from: 0, to: COUNT }]

describe('the turns of sources', () => {
  it('go to each source before one gets a second part, and end where enough is on its way', () => {
    const plan = new PartPlan(COUNT, ALL, 1)
    const holders = Array.from({ length: 8 }, (_, index) => ({ id: `${index}`, rateBytesPerSecond: 0 }))
    for (const { id } of holders) plan.told(id, ALL, [])
    const underway: PartUnderway[] = []
    for (;;) {
      const taken = takePart(plan, holders, underway, SEGMENT_BYTES)
      if (!taken) break
      underway.push({ ...taken, next: taken.range.from })
    }
    expect(underway).toHaveLength(MAX_PARTS)
    expect(new Set(underway.slice(0, 8).map(({ holder }) => holder)).size).toBe(8)
  })

  it('have eight clients done in less than twice the time of one', () => {
    const alone = new Crowd(1).run()
    const together = new Crowd(8).run()
    expect(alone.seconds).toBeLessThan((1.1 * COUNT * SEGMENT_BYTES) / LINK_RATE)
    expect(together.seconds).toBeLessThan(2 * alone.seconds)
    // The source sends little twice.
    expect(together.fromSource).toBeLessThan(1.5 * COUNT)
  })
})

const STEP_S = 0.02
/** How long a part's route opens, in seconds, with nothing coming. */
const OPEN_S = 0.1
/** Seconds between two words of a client on what it has. */
const TELL_S = 0.25

interface Flow extends PartUnderway {
  holder: Bringer
  client: Client
  opensAtS: number
  bytes: number
}

interface Client {
  id: string
  plan: PartPlan
  here: RangeSet
  holders: Bringer[]
  flows: Flow[]
  doneAtS: number | undefined
}

/** Clients and a source, as fluid flows that share the links' rates fairly. */
class Crowd {
  readonly #clients: Client[]

  constructor(count: number) {
    const ids = Array.from({ length: count }, (_, index) => `client ${index}`)
    this.#clients = ids.map((id, index) => ({
      id,
      plan: new PartPlan(COUNT, ALL, 1_000_003 * (index + 1)),
      here: new RangeSet(),
      holders: ['source', ...ids.filter(other => other !== id)].map(id => ({ id, rateBytesPerSecond: 0 })),
      flows: [],
      doneAtS: undefined
    }))
  }

  run(): { seconds: number; fromSource: number } {
    let fromSource = 0
    let toldAtS = Number.NEGATIVE_INFINITY
    for (const { plan } of this.#clients) plan.told('source', ALL, [])
    for (let nowS = 0; this.#clients.some(({ doneAtS }) => doneAtS === undefined); nowS += STEP_S) {
      if (nowS - toldAtS >= TELL_S) {
        toldAtS = nowS
        this.#tell()
      }
      for (const client of this.#clients) this.#begin(client, nowS)
      const open = this.#clients.flatMap(({ flows }) => flows.filter(({ opensAtS }) => opensAtS <= nowS))
      const rates = fairRates(open)
      for (const [flow, rate] of rates) {
        const segments = bring(flow, rate * STEP_S)
        if (flow.holder.id === 'source') fromSource += segments
      }
      for (const client of this.#clients) if (client.plan.isDone) client.doneAtS ??= nowS
    }
    return { seconds: Math.max(...this.#clients.map(({ doneAtS }) => doneAtS!)), fromSource }
  }

  #tell(): void {
    for (const { id, here, plan } of this.#clients)
      for (const other of this.#clients) if (other.id !== id) other.plan.told(id, here, plan.coming)
  }

  #begin(client: Client, nowS: number): void {
    for (;;) {
      const taken = takePart(client.plan, client.holders, client.flows, SEGMENT_BYTES)
      if (!taken) return
      const { holder, range } = taken
      client.flows.push({ holder, range, next: range.from, client, opensAtS: nowS + OPEN_S, bytes: 0 })
    }
  }
}

/** Lets so many bytes of a part arrive. Returns how many segments have. */
function bring(flow: Flow, bytes: number): number {
  const { client, range, holder } = flow
  flow.bytes += bytes
  holder.rateBytesPerSecond += (bytes / STEP_S - holder.rateBytesPerSecond) * 0.01
  const to = Math.min(range.to, range.from + Math.floor(flow.bytes / SEGMENT_BYTES))
  const came: NumberRange = { from: flow.next, to }
  client.here.add(came.from, came.to)
  client.plan.came(came)
  flow.next = to
  if (to === range.to) client.flows.splice(client.flows.indexOf(flow), 1)
  return came.to - came.from
}

/** The rates of flows in bytes a second, each limited by its two links, which are shared fairly. */
function fairRates(flows: readonly Flow[]): Map<Flow, number> {
  const rates = new Map<Flow, number>()
  const linksOf = ({ holder, client }: Flow) => [`up ${holder.id}`, `down ${client.id}`]
  const left = new Map(flows.flatMap(flow => linksOf(flow).map(link => [link, LINK_RATE] as const)))
  const waiting = new Set(flows)
  while (waiting.size > 0) {
    const users = new Map<string, number>()
    for (const flow of waiting) for (const link of linksOf(flow)) users.set(link, (users.get(link) ?? 0) + 1)
    const shares = [...users].map(([link, count]) => [link, left.get(link)! / count] as const)
    const [narrowest, share] = shares.reduce((least, next) => (next[1] < least[1] ? next : least))
    for (const flow of [...waiting]) {
      if (!linksOf(flow).includes(narrowest)) continue
      rates.set(flow, share)
      waiting.delete(flow)
      for (const link of linksOf(flow)) left.set(link, left.get(link)! - share)
    }
  }
  return rates
}
