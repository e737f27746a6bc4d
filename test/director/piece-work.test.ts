import { describe, expect, it } from 'vitest'
import { PieceWork } from '../../src/director/piece-work.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

describe('PieceWork', () => {
  it('does short tasks in one go', () => {
    const work = new PieceWork(new VirtualScheduler())
    const did: string[] = []
    work.begin([() => did.push('a'), () => did.push('b')].values(), () => did.push('done'))
    expect(did).toEqual(['a', 'b', 'done'])
    expect(work.isBusy).toBe(false)
  })

  it('leaves others their turn after a few milliseconds, four times as long as it took', async () => {
    const clock = new SlowClock()
    const work = new PieceWork(clock)
    const did: number[] = []
    const task = () => {
      clock.time += 3
      did.push(clock.time)
    }
    work.begin([task, task, task, task].values(), () => did.push(-1))
    expect(did).toEqual([3, 6])
    expect(work.isBusy).toBe(true)
    expect(clock.waits).toEqual([24])
    clock.go()
    expect(did).toEqual([3, 6, 9, 12])
    clock.go()
    expect(did.at(-1)).toBe(-1)
  })

  it('does nothing more once it is stopped', () => {
    const clock = new SlowClock()
    const work = new PieceWork(clock)
    let did = 0
    const task = () => {
      clock.time += 5
      did++
    }
    work.begin([task, task].values(), () => {})
    work.stop()
    clock.go()
    expect(did).toBe(1)
  })
})

/** A clock that tasks put forward, and whose timers run by `go`. */
class SlowClock {
  time = 0
  waits: number[] = []
  #next: (() => void) | undefined

  nowMs(): number {
    return this.time
  }

  after(delayMs: number, run: () => void): () => void {
    this.waits.push(delayMs)
    this.#next = run
    return () => {
      this.#next = undefined
    }
  }

  go(): void {
    const next = this.#next
    this.#next = undefined
    next?.()
  }
}
