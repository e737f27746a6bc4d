import { meanLoss } from '../topology/link-settings.ts'
import type { LossBursts } from '../topology/topology.ts'
import type { Random } from './random.ts'

/** The bursts of a link from a time on; without any where it loses none in bursts then. */
export interface BurstsStep {
  fromMs: number
  value: LossBursts | undefined
}

/**
 * One direction of a link that loses packets in bursts, by the model of Gilbert and Elliott: it is
 * good or bad, each state has a loss of its own, and after each packet the state may end.
 */
export class BurstyLoss {
  readonly #steps: readonly BurstsStep[]
  readonly #random: Random
  #isBad = false

  /** `steps` have ascending times; the first one also holds before it. */
  constructor(steps: readonly BurstsStep[], random: Random) {
    this.#steps = steps
    this.#random = random
  }

  /** Sends packets now. Returns whether any of them is lost. */
  losesAny(packets: number, nowMs: number): boolean {
    const bursts = this.#at(nowMs)
    let lost = false
    if (bursts === undefined) return lost
    for (let packet = 0; packet < packets; packet++) {
      const [loss, end] = this.#isBad ? [bursts.lossInBad, bursts.toGood] : [bursts.lossInGood, bursts.toBad]
      if (this.#random() < loss) lost = true
      if (this.#random() < end) this.#isBad = !this.#isBad
    }
    return lost
  }

  /** The share of packets that is lost in the long run. */
  meanLoss(nowMs: number): number {
    const bursts = this.#at(nowMs)
    return bursts === undefined ? 0 : meanLoss(bursts)
  }

  #at(nowMs: number): LossBursts | undefined {
    return (this.#steps.findLast(({ fromMs }) => fromMs <= nowMs) ?? this.#steps[0])?.value
  }
}
