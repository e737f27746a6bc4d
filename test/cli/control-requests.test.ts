import { describe, expect, it } from 'vitest'
import { answerTo } from '../../src/cli/control-requests.ts'
import { fetchLines } from '../../src/cli/control-view.ts'
import { FetchControl } from '../../src/client/fetch-control.ts'

describe('a line that controls a fetch', () => {
  it('is carried out and answered with the state', () => {
    const control = new FetchControl()
    expect(answerTo('{"command":"pause"}', control)).toEqual({
      ok: true,
      state: { isPaused: true, contents: [] }
    })
    expect(answerTo('{"command":"max-rate","bytesPerSecond":5000}', control)).toMatchObject({
      ok: true,
      state: { maxRateBytesPerSecond: 5_000 }
    })
    expect(answerTo('{"command":"max-rate","bytesPerSecond":null}', control)).toMatchObject({ ok: true })
  })

  it.each([
    ['nonsense', 'one JSON object a line'],
    ['null', 'one JSON object a line'],
    ['{}', 'the command has to be one of'],
    ['{"command":"toString"}', 'the command has to be one of'],
    ['{"command":"park","route":1}', 'route has to be a text'],
    ['{"command":"pattern","pattern":"A-"}', 'names no route'],
    ['{"command":"max-rate"}', 'bytesPerSecond has to be a number'],
    ['{"command":"max-rate","bytesPerSecond":-1}', '1000 bytes a second or more'],
    ['{"command":"route","relays":[]}', 'a list of addresses'],
    ['{"command":"route","relays":["here"]}', 'here'],
    ['{"command":"resume"}', 'not paused']
  ])('is refused with a reason: %s', (line, reason) => {
    const answer = answerTo(line, new FetchControl())
    expect(answer).toMatchObject({ ok: false, message: expect.stringContaining(reason) })
    expect(answer).not.toMatchObject({ code: 'ERR_INTERNAL' })
  })
})

describe('what people see of a fetch', () => {
  it('is what was wanted by hand, and a line a content and a route', () => {
    const route = { relays: ['r'.repeat(20)], source: 's'.repeat(20), bytes: 0 }
    const lines = fetchLines({
      isPaused: true,
      pinned: 'AAB',
      contents: [
        {
          name: 'a.bin',
          bytes: 1_500_000,
          sizeBytes: 3_000_000,
          isLive: false,
          ...{ elapsedMs: 2_000, reorderBytes: 0, longestStallMs: 40, lossAttribution: [] },
          pattern: 'AAB',
          routes: [
            {
              ...route,
              id: 'A',
              state: 'open',
              isParked: false,
              weight: 0.67,
              rateBytesPerSecond: 5e6,
              rttMs: 20.5
            },
            { ...route, id: 'B', state: 'parked', isParked: true, weight: 0, rateBytesPerSecond: 0, rttMs: 7 }
          ]
        }
      ]
    })
    expect(lines[0]).toBe('paused, pattern AAB pinned')
    expect(lines[1]).toMatch(/^a\.bin {2}.* pattern AAB$/)
    expect(lines[2]).toMatch(/A {2}67 % .* 20.5 ms {2}open {2}/)
    expect(lines[3]).toMatch(/B {3}0 % .* 7 ms {2}parked by hand {2}/)
  })
})
