import type { RecordedEstimate } from './record-lines.ts'
import type { RecordedDecision } from './recording.ts'

/** The most rows of a history; they stand for longer intervals the longer the transfer is. */
const MAX_SLICES = 24
const FIRST_SLICE_MS = 100

/** The decisions of one policy over a whole transfer, in numbers. */
export interface PolicySummary {
  policy: string
  patterns: number
  reassignments: number
  /**
   * Number of segments that changed routes; `copiedSegments` counts those that a second route was
   * to carry too.
   */
  movedSegments: number
  copiedSegments: number
  /** Number of times that a route was called late or parked. */
  setbacks: number
  /** The history in ascending order of time; the last slice may be shorter. */
  slices: WeightSlice[]
}

/** Mean weights over an interval of time, by route. */
export interface WeightSlice {
  fromMs: number
  toMs: number
  weights: Record<number, number>
  ratesBytesPerSecond: Record<number, number>
}

interface Sum {
  plans: number
  routes: Map<number, { weight: number; rate: number }>
}

/** Adds up the decisions of one policy, in bounded memory however long the transfer. Times in ms since its start. Pure. */
export class PolicyTally {
  readonly #policy: string
  readonly #counts = { patterns: 0, reassignments: 0, movedSegments: 0, copiedSegments: 0, setbacks: 0 }
  #sums: Sum[] = []
  #sliceMs = FIRST_SLICE_MS
  #lastMs = 0

  constructor(policy: string) {
    this.#policy = policy
  }

  add(
    decision: RecordedDecision,
    estimates: ReadonlyMap<number, Pick<RecordedEstimate, 'weight' | 'rateBytesPerSecond'>>,
    atMs: number
  ): void {
    const counts = this.#counts
    counts.patterns += decision.patterns.length
    counts.reassignments += decision.reassignments.length
    for (const { copy, ranges } of decision.reassignments) {
      const segments = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
      counts[copy ? 'copiedSegments' : 'movedSegments'] += segments
    }
    counts.setbacks += decision.states.filter(({ state }) => state === 'late' || state === 'parked').length
    const sum = this.#sumAt(atMs)
    sum.plans++
    for (const [route, { weight, rateBytesPerSecond }] of estimates) {
      const total = sum.routes.get(route) ?? { weight: 0, rate: 0 }
      sum.routes.set(route, { weight: total.weight + weight, rate: total.rate + rateBytesPerSecond })
    }
    this.#lastMs = Math.max(this.#lastMs, atMs)
  }

  summary(): PolicySummary {
    const slices = this.#sums.map(({ plans, routes }, index) => {
      const mean = (value: 'weight' | 'rate') =>
        Object.fromEntries([...routes].map(([route, sum]) => [route, sum[value] / plans]))
      return {
        fromMs: index * this.#sliceMs,
        toMs: Math.min((index + 1) * this.#sliceMs, this.#lastMs),
        weights: mean('weight'),
        ratesBytesPerSecond: mean('rate')
      }
    })
    return {
      policy: this.#policy,
      ...this.#counts,
      slices: slices.filter((_, index) => this.#sums[index]!.plans > 0)
    }
  }

  #sumAt(atMs: number): Sum {
    while (atMs >= MAX_SLICES * this.#sliceMs) this.#widen()
    const index = Math.max(0, Math.floor(atMs / this.#sliceMs))
    while (this.#sums.length <= index) this.#sums.push({ plans: 0, routes: new Map() })
    return this.#sums[index]!
  }

  #widen(): void {
    this.#sliceMs *= 2
    const halves = this.#sums
    this.#sums = []
    for (let i = 0; i < halves.length; i += 2) this.#sums.push(merged(halves[i]!, halves[i + 1]))
  }
}

function merged(first: Sum, second: Sum | undefined): Sum {
  for (const [route, { weight, rate }] of second?.routes ?? []) {
    const sum = first.routes.get(route) ?? { weight: 0, rate: 0 }
    first.routes.set(route, { weight: sum.weight + weight, rate: sum.rate + rate })
  }
  return { plans: first.plans + (second?.plans ?? 0), routes: first.routes }
}
