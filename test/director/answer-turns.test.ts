import { describe, expect, it } from 'vitest'
import { AnswerTurns } from '../../src/director/answer-turns.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

describe('AnswerTurns', () => {
  it('works an answer out at once while they take little time', () => {
    const { turns, did, ask } = set()
    for (const each of [1, 2, 3]) ask(each, 2)
    expect(did).toEqual([1, 2, 3])
    expect(turns.waiting).toBe(0)
  })

  it('lets others in after some milliseconds of answers, and answers in the order of the questions', () => {
    const { turns, clock, did, ask } = set()
    for (let each = 0; each < 200; each++) ask(each, 5)
    let most = did.length
    for (let turn = 0; turns.waiting > 0 && turn < 1_000; turn++) {
      const before = did.length
      clock.advance(1)
      most = Math.max(most, did.length - before)
    }
    expect(most).toBe(2)
    expect(did).toEqual(Array.from({ length: 200 }, (_, at) => at))
  })

  it('does not let a question that comes later go before those that wait', () => {
    const { clock, did, ask } = set()
    ask(1, 100)
    ask(2, 100)
    ask(3, 1)
    clock.advance(1)
    ask(4, 1)
    expect(did).toEqual([1, 2])
    clock.advance(1)
    expect(did).toEqual([1, 2, 3, 4])
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
