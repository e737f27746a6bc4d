import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { flipped, isKind, type Tampering, type Way } from './hostile-relay.ts'
import { bytesOver, type Outcome, SIZE_BYTES, Stage, statesOf } from './stage.ts'

let stage: Stage
let honest: { peerId: string; addresses: string[] }

beforeAll(async () => {
  stage = await Stage.start()
  honest = (await stage.relay()).peer
})
afterAll(() => stage.stop())

/** Fetches with the liar's path first. */
async function fetchBeside(tampering: Tampering): Promise<{ outcome: Outcome; states: string[] }> {
  const liar = await stage.liar(tampering)
  const outcome = await stage.fetch([liar.peer, honest])
  expect(outcome.isExact).toBe(true)
  return { outcome, states: statesOf(outcome, liar.peer) }
}

const isData = (frame: Uint8Array) => isKind(frame, 'segment') || isKind(frame, 'hashes')

function expectAllOver(outcome: Outcome): void {
  expect(bytesOver(outcome, honest)).toBe(SIZE_BYTES)
}

describe('a relay that withholds', () => {
  it('all segments after some, and answers tests: it is late, and others bring what it owed', async () => {
    const { states } = await fetchBeside({
      down: (frame, way) => {
        if (!isData(frame) || way.segments <= 3) way.toClient(frame)
      }
    })
    expect(states).toContain('late')
  })

  it('everything once the route is open', async () => {
    const { outcome } = await fetchBeside({
      down: (frame, way) => {
        if (!isKind(frame, 'segment') && way.segments === 0) way.toClient(frame)
      }
    })
    expectAllOver(outcome)
  })

  it("the client's orders", async () => {
    await fetchBeside({
      up: (frame, way) => {
        if (!isKind(frame, 'control')) way.toSource(frame)
      }
    })
  })

  it('nothing, but holds all up for three seconds', async () => {
    const { outcome } = await fetchBeside({
      down: (frame, way) => {
        setTimeout(() => way.toClient(frame), 3_000)
      }
    })
    expectAllOver(outcome)
  })
})

describe('a relay that gets between client and source while they make acquaintance holds up no other route', () => {
  // A source that forgets the secrets that it gives out makes acquaintance anew for each session.
  beforeAll(async () => {
    await stage.stop()
    stage = await Stage.start({ limits: { givenSecretMs: 0 } })
    honest = (await stage.relay()).peer
  })

  it.each<[string, Tampering]>([
    ['it never answers', { opening: () => {} }],
    ["it keeps the source's part back", { down: exceptHandshake('toClient', () => {}) }],
    ["it keeps the client's part back, and the secret in it", { up: exceptHandshake('toSource', () => {}) }],
    ["it cuts the route at the source's part", { down: exceptHandshake('toClient', (_, way) => way.cut()) }],
    ["it cuts the route at the client's part", { up: exceptHandshake('toSource', (_, way) => way.cut()) }],
    [
      "it changes the source's part",
      { down: exceptHandshake('toClient', (frame, way) => way.toClient(flipped(frame))) }
    ],
    [
      'it sends parts without end',
      {
        down: exceptHandshake('toClient', (frame, way) => {
          for (let i = 0; i < 600; i++) way.toClient(frame)
        })
      }
    ]
  ])('%s', async (_, tampering) => {
    await fetchBeside(tampering)
  })

  function exceptHandshake(pass: 'toClient' | 'toSource', deed: (frame: Uint8Array, way: Way) => void) {
    return (frame: Uint8Array, way: Way): void => {
      if (isKind(frame, 'handshake')) deed(frame, way)
      else way[pass](frame)
    }
  }
})
