import type { Passage } from './observer.ts'

/** Counts the bytes that came over each hop of each route, in steps of equal length. */
export class LinkCounter {
  readonly #stepMs: number
  /** Bytes that came in each step, by route, hop and direction. */
  readonly #steps = new Map<string, number[]>()

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  passed({ route, hop, direction, fromMs, toMs, wireBytes }: Passage): void {
    const key = keyOf(route, hop, direction)
    const steps = this.#steps.get(key) ?? []
    this.#steps.set(key, steps)
    const last = Math.floor(toMs / this.#stepMs)
    for (let step = Math.floor(Math.max(0, fromMs) / this.#stepMs); step <= last; step++) {
      const beganMs = Math.max(fromMs, step * this.#stepMs)
      const endedMs = Math.min(toMs, (step + 1) * this.#stepMs)
      const share = toMs > fromMs ? (endedMs - beganMs) / (toMs - fromMs) : 1
      steps[step] = (steps[step] ?? 0) + wireBytes * share
    }
  }

  /** Bytes that had come by the end of 0, 1, 2, ... steps, up to `steps` of them. */
  course(route: number, hop: number, direction: Passage['direction'], steps: number): number[] {
    const counted = this.#steps.get(keyOf(route, hop, direction)) ?? []
    const course = [0]
    for (let step = 0; step < steps; step++) course.push(course[step]! + (counted[step] ?? 0))
    return course
  }
}

function keyOf(route: number, hop: number, direction: Passage['direction']): string {
  return `${route} ${hop} ${direction}`
}
