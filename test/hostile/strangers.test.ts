import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SECRET_BYTES } from '../../src/protocol/limits.ts'
import {
  decodeRouteMessage,
  encodeRequest,
  encodeRouteFrame,
  encodeSecret
} from '../../src/protocol/route-codec.ts'
import type { Open, RouteMessage } from '../../src/protocol/route-messages.ts'
import { sessionIdOf } from '../../src/protocol/seal.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { control, request } from '../protocol/messages.ts'
import { Peer } from '../relay/harness.ts'
import { dialRoute, type Way } from './hostile-relay.ts'
import { NAME, reasonsLost, Stage } from './stage.ts'

let stage: Stage
let stranger: OverlayNode

beforeEach(async () => {
  stage = await Stage.start()
  stranger = await stage.startNode()
})
afterEach(() => stage.stop())

/** What the stranger got at the source for an `open` that it has made of a victim's. */
async function ask(open: Uint8Array): Promise<Peer> {
  const peer = new Peer(await dialRoute(stranger, stage.source))
  peer.framed.send(open)
  return peer
}

async function answerTo(open: Uint8Array): Promise<RouteMessage[]> {
  const peer = await ask(open)
  await peer.closed
  return peer.received
}

function changed(way: Way, changes: Partial<Open>): Uint8Array {
  const open = decodeRouteMessage(way.forwarded) as RouteMessage & { kind: 'open' }
  return encodeRouteFrame({ ...open, ...changes })
}

/**
 * Fetches over two relays that see the victim's `open`. The first has `attack` done before anything else passes over the
 * other, and then passes all on like an honest one.
 */
async function fetchUnder(attack: (way: Way) => Promise<void>) {
  let attacked = Promise.withResolvers<void>()
  const first = await stage.liar({
    opening: way => {
      attacked = Promise.withResolvers()
      void way
        .connect()
        .then(() => attack(way))
        .then(attacked.resolve, attacked.reject)
    }
  })
  const second = await stage.liar({
    opening: way => void attacked.promise.then(() => way.connect()).catch(() => way.cut())
  })
  const outcome = await stage.fetch([first.peer, second.peer])
  await attacked.promise
  return { outcome, lost: [...reasonsLost(outcome, first.peer), ...reasonsLost(outcome, second.peer)] }
}

describe("a stranger with the id of a victim's session", () => {
  it("gets nothing for a copy of the victim's open, and takes nothing from it", async () => {
    const kinds: string[] = []
    const { outcome, lost } = await fetchUnder(async way => {
      // A copy without the request gets no further than the handshake, in which it has no part.
      if ((decodeRouteMessage(way.forwarded) as Open).request.byteLength === 0) return
      kinds.push(...(await answerTo(way.forwarded)).map(({ kind }) => kind))
    })
    expect(outcome.isExact).toBe(true)
    expect(lost).toEqual([])
    expect(kinds).toEqual(['status'])
  })

  it('cannot use the numbers of its routes up', async () => {
    const { outcome, lost } = await fetchUnder(async way => {
      for (let route = 0; route < 4; route++) {
        const forged = changed(way, { route, opening: 2 ** 32 - 1, request: new Uint8Array(60) })
        const peer = await ask(forged)
        await Promise.race([peer.closed, peer.first('handshake').catch(() => {})])
      }
    })
    expect(outcome.isExact).toBe(true)
    expect(lost).toEqual([])
  })

  it('cannot bring another secret for it', async () => {
    const answers: RouteMessage[] = []
    const { outcome, lost } = await fetchUnder(async way => {
      const { sessionId, request } = decodeRouteMessage(way.forwarded) as Open
      if (request.byteLength > 0) return
      const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES))
      expect(sessionIdOf(secret)).not.toEqual(sessionId)
      const parts: Uint8Array<ArrayBuffer>[] = []
      let peer: Peer | undefined
      const message = encodeSecret({ secret, cipher: 'chacha20-poly1305' })
      const end = stranger.services.handshakes.initiate(stage.source.peerId, sessionId, message, bytes => {
        if (peer) peer.send({ kind: 'handshake', bytes })
        else parts.push(Uint8Array.from(bytes))
      })
      await new Promise(resolve => setImmediate(resolve))
      while (parts.length === 0) await new Promise(resolve => setImmediate(resolve))
      peer = new Peer(await dialRoute(stranger, stage.source), {
        onMessage: answer => answer.kind === 'handshake' && end.receive(answer.bytes)
      })
      peer.framed.send(changed(way, { handshake: parts[0]! }))
      await peer.closed
      answers.push(...peer.received)
    })
    expect(outcome.isExact).toBe(true)
    expect(lost).toEqual([])
    // The victim's own handshake may be done first: the stranger's is then left alone, and its request never comes.
    for (const answer of answers) expect(['handshake', 'status']).toContain(answer.kind)
  })

  it('makes a session of its own where it asks in clear', async () => {
    const wish = encodeRequest(request({ name: NAME, rootHash: new Uint8Array(), control: control() }))
    const got: string[] = []
    const { outcome, lost } = await fetchUnder(async way => {
      const {
        handshake: _,
        opening: __,
        ...open
      } = decodeRouteMessage(way.forwarded) as RouteMessage & { kind: 'open' }
      const peer = await ask(encodeRouteFrame({ ...open, request: wish }))
      await peer.first('opened')
      peer.send({ kind: 'control', ...control({ done: Number.MAX_SAFE_INTEGER }) })
      got.push(...peer.received.map(({ kind }) => kind))
      peer.framed.abort(new Error('enough'))
    })
    expect(outcome.isExact).toBe(true)
    expect(lost).toEqual([])
    expect(got).not.toContain('segment')
  })
})
