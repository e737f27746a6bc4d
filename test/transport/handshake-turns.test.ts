import { describe, expect, it } from 'vitest'
import { HandshakeTurns } from '../../src/transport/handshake-turns.ts'

describe('HandshakeTurns', () => {
  it('lets one begin at once and each other one a turn later, in the order in which they came', async () => {
    const timers: (() => void)[] = []
    const turns = new HandshakeTurns({
      nowMs: () => 0,
      after: (_, run) => {
        timers.push(run)
        return () => {}
      }
    })
    const begun: string[] = []
    const come = (name: string) => turns.next().then(() => begun.push(name))
    const all = [come('a'), come('b'), come('c')]
    await all[0]
    expect(begun).toEqual(['a'])
    timers.shift()!()
    await all[1]
    expect(begun).toEqual(['a', 'b'])
    timers.shift()!()
    await all[2]
    timers.shift()!()
    await come('d')
    expect(begun).toEqual(['a', 'b', 'c', 'd'])
    expect(timers).toHaveLength(1)
  })
})
