import { describe, expect, it } from 'vitest'
import { PathTurns } from '../../src/client/path-turns.ts'
import { idOf, type RoutePath } from '../../src/client/route-table.ts'
import type { KnownRoute } from '../../src/planner/planner.ts'

const SEGMENT_BYTES = 32 * 1024
const source = { peerId: 'source', addresses: [] }
const over = (peerId: string): RoutePath => ({ relays: [{ peerId, addresses: [] }], source })
const [slow, fast, far] = [over('slow'), over('fast'), over('far')]
const PATHS = [slow, fast, far]
const KNOWN = new Map<string, KnownRoute>([
  [idOf(slow), { rateBytesPerSecond: 250_000, rttMs: 20 }],
  [idOf(fast), { rateBytesPerSecond: 2_500_000, rttMs: 20 }],
  [idOf(far), { rateBytesPerSecond: 2_500_000, rttMs: 60 }]
])

const take = (turns: PathTurns, segments: number, known = KNOWN, paths = PATHS) =>
  turns.take(paths, { segments, segmentBytes: SEGMENT_BYTES }, id => known.get(id))

describe('contents of few segments', () => {
  it('go by the paths that bring them first, and never by one that would bring them last', () => {
    const turns = new PathTurns()
    for (let i = 0; i < 5; i++) {
      const { paths, over } = take(turns, 1)
      expect(paths).toEqual([fast])
      over()
    }
    expect(take(turns, 2).paths).toEqual([fast])
  })

  it('go by others while the first one still has to bring what is before them', () => {
    const turns = new PathTurns()
    const taken = Array.from({ length: 6 }, () => take(turns, 1))
    const paths = taken.flatMap(({ paths }) => paths)
    expect(paths.slice(0, 4)).toEqual([fast, fast, fast, fast])
    expect(paths).toContain(far)
    for (const { over } of taken) {
      over()
      over()
    }
    expect(take(turns, 1).paths).toEqual([fast])
  })

  it('take the paths in turn where one of these is not known', () => {
    const turns = new PathTurns()
    const known = new Map([...KNOWN].slice(0, 2))
    const paths = Array.from({ length: 4 }, () => take(turns, 1, known).paths)
    expect(paths).toEqual([[slow], [fast], [far], [slow]])
    expect(take(turns, 2, known).paths).toEqual([fast, far])
  })

  it('leave out what is for emergencies', () => {
    const spare = { ...fast, isBackup: true }
    expect(take(new PathTurns(), 1, KNOWN, [slow, spare, far]).paths).toEqual([far])
    expect(take(new PathTurns(), 1, KNOWN, [spare]).paths).toEqual([spare])
  })
})

it('a longer content goes by all paths', () => {
  expect(take(new PathTurns(), 3).paths).toEqual(PATHS)
})
