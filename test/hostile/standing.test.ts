import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FetchOptions } from '../../src/client/fetch-options.ts'
import type { DirectorEvent } from '../../src/director/director-event.ts'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import type { KINDS } from '../../src/protocol/route-kinds.ts'
import { flipped, type HostileRelay, isKind, type Tampering } from './hostile-relay.ts'
import { NAME, peerOf, Stage } from './stage.ts'

/** Relays that do no harm. */
const HONEST = 3

let stage: Stage

beforeEach(async () => {
  stage = await Stage.start()
})
afterEach(() => stage.stop())

/** A director with honest relays and one that does this; what it tells its operator, and whom it names to a new client. */
async function start(tampering: Tampering) {
  const liar = await stage.liar(tampering)
  const honest = await Promise.all(Array.from({ length: HONEST }, () => stage.relay()))
  const events: DirectorEvent[] = []
  const nodes = [liar.node, ...honest.map(({ node }) => node)]
  const director = await stage.director(nodes, event => events.push(event))
  const named = async (routes: number) => {
    // Over loopback each client counts as a host of its own.
    const answer = await queryRoutes(await stage.startNode(), [director], { content: { name: NAME }, routes })
    return answer.routes.flatMap(({ relays }) => relays.map(({ peerId }) => peerId))
  }
  await expect.poll(async () => (await named(16)).length).toBe(nodes.length)
  const fetch = (more: Partial<FetchOptions> = {}) => stage.fetchBy({ directors: [director], ...more })
  const complaints = () => events.filter(({ kind }) => kind === 'complaint')
  return { liar, honest: honest.map(({ node }) => peerOf(node).peerId), named, fetch, complaints }
}

function flipping(kind: keyof typeof KINDS): Tampering {
  return { down: (frame, way) => way.toClient(isKind(frame, kind) ? flipped(frame) : frame) }
}

function complaintOf({ peer }: HostileRelay, hosts: number, fault: string) {
  return { kind: 'complaint', peerId: peer.peerId, hosts, fault }
}

describe('a relay that a client catches at a lie', () => {
  it('is led over last from then on, by everybody, even where the fetch is over in a moment', async () => {
    const { liar, honest, named, fetch, complaints } = await start(flipping('segment'))
    expect((await fetch()).isExact).toBe(true)
    await expect.poll(complaints).toEqual([complaintOf(liar, 1, 'tampered')])
    expect(await named(HONEST)).toEqual(expect.arrayContaining(honest))
    expect((await named(HONEST + 1)).at(-1)).toBe(liar.peer.peerId)
    await fetch()
    await expect.poll(complaints).toHaveLength(2)
    expect(complaints()[1]).toEqual(complaintOf(liar, 2, 'tampered'))
  })

  it('is told of by its fault where relays can make up bytes, too', async () => {
    const { liar, fetch, complaints } = await start(flipping('segment'))
    expect((await fetch({ clear: true })).isExact).toBe(true)
    await expect.poll(complaints).toEqual([complaintOf(liar, 1, 'corrupt')])
  })
})

describe('nobody is complained of', () => {
  it('for a route that only ends, or brings nothing', async () => {
    const { fetch, complaints, named } = await start({
      down: (frame, way) => (isKind(frame, 'segment') ? way.cut() : way.toClient(frame))
    })
    expect((await fetch()).isExact).toBe(true)
    await named(1)
    expect(complaints()).toEqual([])
  })
})
