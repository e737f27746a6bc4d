import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import type { RouteMessage } from '../../src/protocol/route-messages.ts'
import { control, relay } from '../protocol/messages.ts'
import { flipped, type HostileRelay, isKind, type Tampering, type Way } from './hostile-relay.ts'
import { bytesOver, type Outcome, reasonsLost, SEGMENT_BYTES, SIZE_BYTES, Stage, statesOf } from './stage.ts'

/** The most that a liar may cost: segments that came over it, or were owed by it, and came once more. */
const MAX_COST_BYTES = 24 * SEGMENT_BYTES

let stage: Stage
let honest: { peerId: string; addresses: string[] }

beforeAll(async () => {
  stage = await Stage.start()
  honest = (await stage.relay()).peer
})
afterAll(() => stage.stop())

/** Fetches over a route that is tampered with and an honest one, in turn, so that both have much to carry. */
async function fetchBeside(tampering: Tampering): Promise<{ outcome: Outcome; liar: HostileRelay }> {
  const liar = await stage.liar(tampering)
  const outcome = await stage.fetch([liar.peer, honest])
  return { outcome, liar }
}

function expectCompleted(outcome: Outcome): void {
  expect(outcome.isExact).toBe(true)
  expect(outcome.summary.bytes).toBe(SIZE_BYTES)
  expect(outcome.summary.duplicateBytes).toBeLessThanOrEqual(MAX_COST_BYTES)
}

/** Does something to the n-th frame of a kind that passes, and passes all others on. */
function once(kind: keyof typeof KINDS, n: number, deed: (frame: Uint8Array, way: Way) => void): Tampering {
  const seen = new Map<Way, number>()
  return {
    down: (frame, way) => {
      const count = isKind(frame, kind) ? (seen.get(way) ?? 0) : -1
      if (count >= 0) seen.set(way, count + 1)
      if (count === n) deed(frame, way)
      else way.toClient(frame)
    }
  }
}

/** Whether the liar brought nothing that was taken after its deed: the route ended, and no wrong byte got through. */
function expectLost({ outcome, liar }: { outcome: Outcome; liar: HostileRelay }, reason: string): void {
  expectCompleted(outcome)
  expect(reasonsLost(outcome, liar.peer)[0]).toContain(reason)
}

describe('a relay that tampers with what the source sends loses the route at once', () => {
  it.each(['segment', 'hashes', 'report', 'testReply', 'opened'] as const)(
    'turns a bit of a %s',
    async kind => {
      const result = await fetchBeside(once(kind, 0, (frame, way) => way.toClient(flipped(frame))))
      expectLost(result, 'a message is not the one that was sent')
    }
  )

  it('turns a bit of the head of a segment', async () => {
    const result = await fetchBeside(
      once('segment', 1, (frame, way) => way.toClient(flipped(frame, frame.byteLength - 7)))
    )
    expectLost(result, 'a message is not the one that was sent')
  })

  it('cuts a message off', async () => {
    const result = await fetchBeside(once('segment', 1, (frame, way) => way.toClient(frame.subarray(0, 20))))
    expectLost(result, 'a message is cut off')
  })

  it('swaps two segments', async () => {
    let kept: Uint8Array | undefined
    const result = await fetchBeside({
      down: (frame, way) => {
        if (isKind(frame, 'segment') && way.segments === 2) kept = frame
        else way.toClient(frame)
        if (isKind(frame, 'segment') && way.segments === 3 && kept) way.toClient(kept)
      }
    })
    // The second of the two comes first: the other one seems to be left out.
    expectLost(result, 'segments were left out')
  })

  it('repeats a segment', async () => {
    const result = await fetchBeside(
      once('segment', 1, (frame, way) => {
        way.toClient(frame)
        way.toClient(frame)
      })
    )
    expectLost(result, 'a segment came again')
  })

  it('repeats a report', async () => {
    const result = await fetchBeside(
      once('report', 0, (frame, way) => {
        way.toClient(frame)
        way.toClient(frame)
      })
    )
    expectLost(result, 'a message was left out')
  })

  it('repeats opened', async () => {
    const result = await fetchBeside(
      once('opened', 0, (frame, way) => {
        way.toClient(frame)
        way.toClient(frame)
      })
    )
    expectLost(result, 'a message is not the one that was sent')
  })

  it.each(['segment', 'hashes'] as const)('leaves a %s out', async kind => {
    expectLost(await fetchBeside(once(kind, 0, () => {})), 'segments were left out')
  })

  it('leaves a report out', async () => {
    expectLost(await fetchBeside(once('report', 0, () => {})), 'a message was left out')
  })

  it('says that it dropped what it leaves out, though it was not told to', async () => {
    const result = await fetchBeside(
      once('segment', 1, (_, way) =>
        way.tellClient({ kind: 'dropped', bytes: 0, ranges: [{ from: 0, to: Number.MAX_SAFE_INTEGER }] })
      )
    )
    expectLost(result, 'dropped segments that no relay was to drop')
  })

  it.each(['report', 'hashes', 'testReply', 'skipped', 'ended'] as const)('makes a %s up', async kind => {
    const result = await fetchBeside(
      once('segment', 1, (frame, way) => {
        way.toClient(Uint8Array.of(KINDS[kind], ...new Uint8Array(60)))
        way.toClient(frame)
      })
    )
    expectLost(result, 'a message is not the one that was sent')
  })

  it('makes an end kind up that nobody knows', async () => {
    const result = await fetchBeside(
      once('segment', 1, (_, way) => way.toClient(Uint8Array.of(0x70, ...new Uint8Array(60))))
    )
    expectLost(result, 'a message is not the one that was sent')
  })

  it('sends the frames of each of two routes over the other one', async () => {
    const ways: Way[] = []
    const swapping: Tampering = {
      down: (frame, way) => {
        if (!ways.includes(way)) ways.push(way)
        const other = ways.find(candidate => candidate !== way && !candidate.isOver)
        if (isKind(frame, 'segment') && other) other.toClient(frame)
        else way.toClient(frame)
      }
    }
    const [one, two] = [await stage.liar(swapping), await stage.liar(swapping)]
    const outcome = await stage.fetch([one.peer, two.peer, honest])
    expectCompleted(outcome)
    const reasons = [...reasonsLost(outcome, one.peer), ...reasonsLost(outcome, two.peer)]
    expect(reasons).toContainEqual(expect.stringContaining('not the one that was sent'))
  })
})

describe('a relay that tampers with what the client sends ends its own route and no other', () => {
  it.each([
    ['turns a bit of a control', (frame: Uint8Array, way: Way) => way.toSource(flipped(frame))],
    [
      'repeats a control',
      (frame: Uint8Array, way: Way) => {
        way.toSource(frame)
        way.toSource(frame)
      }
    ],
    [
      'makes a control up',
      (frame: Uint8Array, way: Way) => {
        way.tellSource({ kind: 'control', ...control({ horizon: 1_000, done: SIZE_BYTES }) })
        way.toSource(frame)
      }
    ]
  ])('%s', async (_, deed) => {
    let isDone = false
    const result = await fetchBeside({
      up: (frame, way) => {
        if (!isKind(frame, 'control') || isDone) way.toSource(frame)
        else {
          isDone = true
          deed(frame, way)
        }
      }
    })
    expectLost(result, 'Somebody on the route has tampered with it')
  })

  it('leaves a control out', async () => {
    let isDone = false
    const result = await fetchBeside({
      up: (frame, way) => {
        if (isKind(frame, 'control') && !isDone) isDone = true
        else way.toSource(frame)
      }
    })
    expectLost(result, 'a message was left out')
  })

  it('turns a bit of the request', async () => {
    const result = await fetchBeside({
      opening: (way, { request }) => {
        const at = Buffer.from(way.forwarded).indexOf(request)
        const fromEnd = way.forwarded.byteLength - at - request.byteLength + 1
        void way.connect(request.byteLength > 0 ? flipped(way.forwarded, fromEnd) : undefined)
      }
    })
    expectLost(result, 'Somebody on the route has tampered with it')
  })

  it('plans patterns and drops for relays behind it that the client has not made', async () => {
    const { outcome } = await fetchBeside({
      up: (frame, way) => {
        way.tellSource({ kind: 'plan', patterns: [], drops: [], done: Number.MAX_SAFE_INTEGER })
        way.toSource(frame)
      }
    })
    expectCompleted(outcome)
  })
})

describe('a relay that makes hop kinds up', () => {
  it.each([204, 205, 300, 304, 400, 402, 403, 405, 406, 499, 777])(
    'says that the route ends with %i: only its own route does',
    async status => {
      const result = await fetchBeside(
        once('segment', 2, (_, way) =>
          way.tellClient({ kind: 'status', status, message: 'a lie', peerId: '' })
        )
      )
      expectLost(result, 'a lie')
    }
  )

  it('says so before the route is open', async () => {
    const result = await fetchBeside({
      opening: way => way.tellClient({ kind: 'status', status: 204, message: 'a lie', peerId: '' })
    })
    expectLost(result, 'a lie')
  })

  it.each<[string, RouteMessage]>([
    ['held', { kind: 'held', waitMs: 100_000 }],
    ['dropped', { kind: 'dropped', bytes: Number.MAX_SAFE_INTEGER, ranges: [] }]
  ])('floods the client with %s', async (_, word) => {
    const { outcome, liar } = await fetchBeside({
      down: (frame, way) => {
        way.toClient(frame)
        if (!isKind(frame, 'opened')) return
        for (let i = 0; i < 5_000; i++) way.tellClient(word)
      }
    })
    expectLost({ outcome, liar }, 'a relay floods the route')
  })

  it('floods the client with frames of a kind that nobody knows', async () => {
    const { outcome, liar } = await fetchBeside({
      down: (frame, way) => {
        way.toClient(frame)
        if (!isKind(frame, 'opened')) return
        for (let i = 0; i < 5_000; i++) way.toClient(Uint8Array.of(0x3f, 1, 2, 3))
      }
    })
    expectLost({ outcome, liar }, 'a relay floods the route')
  })

  it('tells limits and times of itself that cannot be', async () => {
    const { outcome } = await fetchBeside({
      down: (frame, way) => {
        if (isKind(frame, 'opened'))
          way.tellClient({
            ...relay(honest.peerId, Number.MAX_SAFE_INTEGER),
            maxRateBytesPerSecond: Number.MAX_SAFE_INTEGER,
            sessions: Number.MAX_SAFE_INTEGER
          })
        way.toClient(frame)
      }
    })
    expectCompleted(outcome)
  })

  it('speaks of more relays than its route has', async () => {
    const word = relay('somebody')
    const result = await fetchBeside({
      down: (frame, way) => {
        if (isKind(frame, 'opened')) for (let i = 0; i < 2; i++) way.tellClient(word)
        way.toClient(frame)
      }
    })
    expectLost(result, "of kind 'relay' before it was open")
  })

  it('sends a segment in clear, past the horizon', async () => {
    const payload = new Uint8Array(SEGMENT_BYTES)
    const segment = { seq: 2 ** 47, sentAtUs: 0, repair: false, more: false, payload }
    const result = await fetchBeside(
      once('segment', 1, (_, way) => way.tellClient({ kind: 'segment', ...segment }))
    )
    expectLost(result, 'tampered with')
  })
})

describe('what a liar costs', () => {
  it('is what was under way on its route: a wrong segment is never handed on', async () => {
    const { outcome, liar } = await fetchBeside(
      once('segment', 5, (frame, way) => way.toClient(flipped(frame)))
    )
    expectCompleted(outcome)
    expect(statesOf(outcome, liar.peer)).toContain('lost')
    expect(bytesOver(outcome, honest) + bytesOver(outcome, liar.peer)).toBe(
      SIZE_BYTES + outcome.summary.duplicateBytes
    )
  })
})
