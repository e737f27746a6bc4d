import { setTimeout as delay } from 'node:timers/promises'
import { LightListener, LightMember, type MemberStage, type Target } from './light-member.ts'

export interface CrowdInit {
  role: 'source' | 'relay'
  count: number
  target: Target
  /** Registrations that are under way at once. */
  atOnce: number
  /** Second byte of the first node's address in the loopback network. */
  firstByte: number
}

/** Many light members of one process, which register so many at a time and come back when they are lost. */
export class LightCrowd {
  readonly members: LightMember[] = []
  readonly #atOnce: number
  readonly #waiting: LightMember[] = []
  readonly #reached: Record<MemberStage, number> = { registered: 0, found: 0, introduced: 0, listed: 0 }
  #underWay = 0
  attempts = 0

  private constructor({ role, count, target, atOnce, firstByte }: CrowdInit, listener: LightListener) {
    this.#atOnce = atOnce
    for (let at = 0; at < count; at++) {
      const ip = `127.${firstByte + Math.floor(at / 62_500)}.${Math.floor(at / 250) % 250}.${1 + (at % 250)}`
      const onStage = (stage: MemberStage) => void this.#reached[stage]++
      const member: LightMember = new LightMember({
        ...{ role, ip, listener, target, onStage },
        onLost: () => this.#comeBack(member)
      })
      this.members.push(member)
    }
  }

  static async create(init: CrowdInit): Promise<LightCrowd> {
    const listener = new LightListener()
    await listener.start()
    return new LightCrowd(init, listener)
  }

  /** Registers all; counts of stages begin anew. */
  start(): void {
    this.forget()
    this.#waiting.push(...this.members)
    this.#next()
  }

  /** Counts stages anew. */
  forget(): void {
    this.attempts = 0
    for (const stage of Object.keys(this.#reached) as MemberStage[]) this.#reached[stage] = 0
  }

  /** Registrations, and what else was reached, since the last `start` or `forget`. */
  get reached(): Record<MemberStage, number> {
    return { ...this.#reached }
  }

  #comeBack(member: LightMember): void {
    if (member.isAway) return
    setTimeout(() => {
      this.#waiting.push(member)
      this.#next()
    }, member.nextAttemptMs())
  }

  #next(): void {
    while (this.#underWay < this.#atOnce) {
      const member = this.#waiting.shift()
      if (!member) return
      void this.#register(member)
    }
  }

  async #register(member: LightMember): Promise<void> {
    this.#underWay++
    this.attempts++
    const isThere = await member.register()
    this.#underWay--
    if (!isThere) this.#comeBack(member)
    this.#next()
  }
}

/** Drops one member after the other, so many in a second, each for some seconds. Returns a function that ends that. */
export function churn(crowd: LightCrowd, perSecond: number, awayMs: number): () => void {
  const timer = setInterval(async () => {
    const member = crowd.members[Math.floor(Math.random() * crowd.members.length)]!
    if (member.isAway) return
    member.isAway = true
    member.drop()
    await delay(awayMs)
    member.isAway = false
    while (!(await member.register())) await delay(member.nextAttemptMs())
  }, 1_000 / perSecond)
  return () => clearInterval(timer)
}
