import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type WorkerChange, WorkerKeeper, type WorkerWatch } from '../../src/cli/worker-keeper.ts'
import { ExitCode } from '../../src/errors.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

interface Run extends WorkerWatch {
  number: number
  isAsked: boolean
}

function keeper(count: number) {
  const scheduler = new VirtualScheduler()
  const runs: Run[] = []
  const changes: WorkerChange[] = []
  const kept = new WorkerKeeper({
    count,
    scheduler,
    run: (number, watch) => {
      const run = { ...watch, number, isAsked: false }
      runs.push(run)
      return {
        pid: runs.length,
        askForEnd: () => {
          run.isAsked = true
        }
      }
    },
    onChange: change => changes.push(change)
  })
  kept.start()
  return { kept, scheduler, runs, changes }
}

const numbers = (runs: Run[]) => runs.map(({ number }) => number)

describe('the keeper of workers', () => {
  it('starts all of them', () => {
    const { runs } = keeper(3)
    expect(numbers(runs)).toEqual([1, 2, 3])
  })

  it('starts one again that has ended, later each time', () => {
    const { runs, scheduler, changes } = keeper(2)
    for (const againMs of [500, 1_000, 2_000]) {
      runs.at(-1)!.ended(1)
      expect(changes.at(-1)).toEqual({ kind: 'ended', worker: 2, code: 1, againMs })
      const before = runs.length
      scheduler.advance(againMs - 1)
      expect(runs).toHaveLength(before)
      scheduler.advance(1)
      expect(runs.at(-1)!.number).toBe(2)
    }
  })

  it('starts one soon that had run for long', () => {
    const { runs, scheduler, changes } = keeper(1)
    runs.at(-1)!.ended(1)
    scheduler.advance(500)
    scheduler.advance(60_000)
    runs.at(-1)!.ended(null)
    expect(changes.at(-1)).toMatchObject({ code: null, againMs: 500 })
  })

  it('fails with the exit code of a worker that cannot start as it is set up', async () => {
    const { kept, runs, scheduler } = keeper(2)
    runs[1]!.ended(ExitCode.configuration)
    await expect(kept.failed).resolves.toBe(ExitCode.configuration)
    scheduler.advance(60_000)
    expect(runs).toHaveLength(2)
  })

  it('goes on with one that was ready before, whatever its exit code', () => {
    const { runs, scheduler } = keeper(1)
    runs[0]!.ready()
    runs[0]!.ended(ExitCode.configuration)
    scheduler.advance(500)
    expect(runs).toHaveLength(2)
  })

  it('starts all anew in turn, each when the one before is ready', async () => {
    const { kept, runs } = keeper(2)
    for (const run of runs) run.ready()
    const done = kept.restart()
    expect(runs.map(({ isAsked }) => isAsked)).toEqual([true, false])
    runs[0]!.ended(0)
    await turn()
    expect(numbers(runs)).toEqual([1, 2, 1])
    expect(runs[1]!.isAsked).toBe(false)
    runs[2]!.ready()
    await turn()
    expect(runs[1]!.isAsked).toBe(true)
    runs[1]!.ended(0)
    await turn()
    runs[3]!.ready()
    await done
    expect(numbers(runs)).toEqual([1, 2, 1, 2])
  })

  it('does not wait for ever for one that is not ready', async () => {
    const { kept, runs, scheduler } = keeper(2)
    void kept.restart()
    runs[0]!.ended(0)
    await turn()
    scheduler.advance(15_000)
    await turn()
    expect(runs[1]!.isAsked).toBe(true)
  })

  it('stops when all have ended, and starts none after that', async () => {
    const { kept, runs, scheduler } = keeper(2)
    runs[0]!.ended(1)
    let isStopped = false
    const stopped = kept.stop().then(() => {
      isStopped = true
    })
    await turn()
    expect(isStopped).toBe(false)
    runs[1]!.ended(0)
    await stopped
    scheduler.advance(60_000)
    expect(runs).toHaveLength(2)
  })

  it('stops in the middle of a restart', async () => {
    const { kept, runs } = keeper(2)
    const restarted = kept.restart()
    const stopped = kept.stop()
    for (const run of runs) run.ended(0)
    await Promise.all([restarted, stopped])
    expect(runs).toHaveLength(2)
  })
})
