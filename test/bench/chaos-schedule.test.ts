import { describe, expect, it } from 'vitest'
import { CLIENTS, chaosSchedule, FAULT_KINDS, NODES, OUTPUTS, RELAYS } from '../../bench/chaos/schedule.ts'

const MINUTE_MS = 60_000

describe('the faults of a seed', () => {
  it('are always the same, and others than those of another seed', () => {
    expect(chaosSchedule(7, 5 * MINUTE_MS)).toEqual(chaosSchedule(7, 5 * MINUTE_MS))
    expect(chaosSchedule(7, 5 * MINUTE_MS)).not.toEqual(chaosSchedule(8, 5 * MINUTE_MS))
  })

  it('begin alike, however long it goes on', () => {
    const short = chaosSchedule(7, MINUTE_MS)
    expect(short.length).toBeGreaterThan(10)
    expect(chaosSchedule(7, 5 * MINUTE_MS).slice(0, short.length)).toEqual(short)
  })

  it('come in order and in time, of every kind and to everybody', () => {
    const faults = chaosSchedule(3, 60 * MINUTE_MS)
    const times = faults.map(({ atMs }) => atMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeLessThan(60 * MINUTE_MS)
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS))
    expect(new Set(faults.map(({ target }) => target))).toEqual(new Set([...NODES, ...CLIENTS, OUTPUTS]))
  })

  it('leave calm times of ten seconds in which fetches have to go on', () => {
    const times = chaosSchedule(5, 30 * MINUTE_MS).map(({ atMs }) => atMs)
    expect(times.filter(atMs => atMs % 30_000 > 20_000)).toEqual([])
  })

  it('are of the wanted kinds alone, and of what such a kind can be done to', () => {
    const faults = chaosSchedule(3, 10 * MINUTE_MS, ['move', 'disk'])
    for (const { kind, target } of faults) expect(kind === 'move' ? RELAYS : CLIENTS).toContain(target)
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['move', 'disk']))
  })
})
