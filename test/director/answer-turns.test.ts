import { describe, expect, it } from 'vitest'
import { AnswerTurns } from '../../src/director/answer-turns.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

describe('AnswerTurns', () => {
  it('works an answer out at once while there is time', () => {
    const { turns, did, ask } = set()
    for (const each of [1, 2, 3]) ask(each, 2)
    expect(did).toEqual([1, 2, 3])
    expect(turns.waiting).toBe(0)
  })

  it('leaves half of the time to others where more is asked, and answers in the order of the questions', () => {
    const { turns, clock, did, ask } = set()
    for (let each = 0; each < 200; each++) ask(each, 5)
    expect(did.length).toBeLessThan(5)
    const busyMs = 5 * 200
    clock.advance(busyMs / 2)
    expect(did.length).toBeGreaterThan(30)
    expect(did.length).toBeLessThan(110)
    for (let turn = 0; turns.waiting > 0 && turn < 1_000; turn++) clock.advance(20)
    expect(did).toEqual(Array.from({ length: 200 }, (_, at) => at))
  })

  it('takes a rest after a long answer, and is there again at once when that is over', () => {
    const { clock, did, ask } = set()
    ask(1, 100)
    ask(2, 1)
    expect(did).toEqual([1])
    clock.advance(100)
    expect(did).toEqual([1, 2])
    clock.advance(1_000)
    ask(3, 1)
    expect(did).toEqual([1, 2, 3])
  })

  it('answers nothing more once it is stopped', () => {
    const { turns, clock, did, ask } = set()
    ask(1, 100)
    ask(2, 1)
    turns.stop()
    clock.advance(1_000)
    expect(did).toEqual([1])
  })
})

/** Turns with answers that take time: `ask` takes a number and the milliseconds of its answer. */
function set() {
  const clock = new BusyClock()
  const turns = new AnswerTurns(clock)
  const did: number[] = []
  const ask = (number: number, tookMs: number) =>
    turns.take(() => {
      clock.busyMs += tookMs
      did.push(number)
    })
  return { turns, clock, did, ask }
}

/** Virtual time that goes on while an answer is worked out. */
class BusyClock extends VirtualScheduler {
  busyMs = 0

  override nowMs(): number {
    return super.nowMs() + this.busyMs
  }
}
