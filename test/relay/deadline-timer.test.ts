import { expect, it } from 'vitest'
import { DeadlineTimer } from '../../src/relay/deadline-timer.ts'
import { ManualScheduler } from './harness.ts'

function timerWith(firstDeadlineMs: number) {
  const scheduler = new ManualScheduler()
  const state = { deadlineMs: firstDeadlineMs, overAtMs: [] as number[] }
  const timer = new DeadlineTimer(
    scheduler,
    () => state.deadlineMs,
    () => {
      state.overAtMs.push(scheduler.nowMs())
      state.deadlineMs = Number.POSITIVE_INFINITY
    }
  )
  timer.look()
  return { scheduler, state, timer }
}

it('waits for a deadline that has moved on meanwhile', () => {
  const { scheduler, state } = timerWith(100)
  scheduler.advance(90)
  state.deadlineMs = 250
  scheduler.advance(159)
  expect(state.overAtMs).toEqual([])
  scheduler.advance(10)
  expect(state.overAtMs).toEqual([250])
})

it('follows a deadline that has come nearer once it is told to look', () => {
  const { scheduler, state, timer } = timerWith(100)
  state.deadlineMs = 20
  timer.look()
  scheduler.advance(200)
  expect(state.overAtMs).toEqual([20])
})

it('is quiet once it is stopped', () => {
  const { scheduler, state, timer } = timerWith(100)
  timer.stop()
  scheduler.advance(200)
  expect(state.overAtMs).toEqual([])
})
