import type { Problem } from './problem.ts'

/** What a node tells of a problem with its directors. */
export interface MemberProblem {
  message: string
  /** Whether a director has not found the node at the addresses that it tells. */
  isUnreached: boolean
}

interface Told extends MemberProblem {
  atMs: number
}

/** Follows how a relay or source stands with its directors. Times are milliseconds since 1970. Pure. */
export class MemberStanding {
  #told: Told[] = []
  #attachedTo = 0

  /** The node is registered with a director: it could not be reached before, and is found anew. */
  registered(): void {
    const lostAt = this.#told.findLastIndex(({ isUnreached }) => !isUnreached)
    this.#told = this.#told.slice(lostAt + 1)
  }

  /** So many relays lead to the node, as nobody can dial it. */
  attached(relays: number): void {
    this.#attachedTo = relays
  }

  problem(problem: MemberProblem, atMs: number): void {
    const others = this.#told.filter(({ isUnreached }) => isUnreached !== problem.isUnreached)
    this.#told = [...others, { ...problem, atMs }]
  }

  /** `directors`: how many the node is to register with, and how many have it now. */
  problems(directors: { named: number; registered: number }): Problem[] {
    const { named, registered } = directors
    const found = this.#told.map(told => this.#problemOf(told))
    if (named === 0 || registered === named) return found
    const missing: Problem =
      registered === 0
        ? { severity: 'problem', what: 'registered with no director: nobody is led here' }
        : { severity: 'notice', what: `registered with ${registered} of ${named} directors` }
    return [missing, ...found]
  }

  #problemOf({ message, isUnreached, atMs }: Told): Problem {
    if (!isUnreached) return { severity: 'problem', sinceMs: atMs, what: `director: ${message}` }
    const isReached = this.#attachedTo > 0
    const over = this.#attachedTo === 1 ? 'a relay' : `${this.#attachedTo} relays`
    const what = `not reachable from outside${isReached ? `; others come here over ${over}` : ''}`
    return { severity: isReached ? 'notice' : 'problem', sinceMs: atMs, what, remedy: message }
  }
}
