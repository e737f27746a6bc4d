import { afterEach, describe, expect, it } from 'vitest'
import type { DirectorOptions } from '../../src/director/director.ts'
import { type OfferedRoute, queryRoutes } from '../../src/discovery/director-client.ts'
import { type HeldPass, verifyPass } from '../../src/protocol/pass.ts'
import { peerIdOf } from '../../src/transport/peer-address.ts'
import { verifierOf } from '../../src/transport/signatures.ts'
import { Cluster, type Member } from './cluster.ts'

let cluster: Cluster

afterEach(async () => await cluster.stop())

async function startCluster(options: Partial<DirectorOptions> = {}): Promise<Cluster> {
  cluster = new Cluster(options)
  await cluster.startDirector()
  return cluster
}

/** The pass that came with a route, as the first relay of that route takes it from this asker. */
function passOn({ pass, relays, source }: OfferedRoute, asker: string): HeldPass {
  const director = peerIdOf(cluster.address)
  return verifyPass(pass!, {
    nowMs: Date.now(),
    directors: new Map([[director, verifierOf(director)]]),
    asker,
    relay: relays[0]!.peerId,
    source: source.peerId
  })
}

async function ask(routes: number) {
  const client = await cluster.addNode([])
  const answer = await queryRoutes(client, [cluster.address], { content: { name: 'a' }, routes })
  return { client: client.peerId.toString(), answer }
}

describe('a director that signs passes', () => {
  it('gives one to each client for the relays and the source of its routes, for ten minutes', async () => {
    await startCluster()
    const source = await cluster.addSource(['a'])
    const relays = [await cluster.addRelay(), await cluster.addRelay(), await cluster.addRelay()]
    const [one, other] = [await ask(2), await ask(2)]
    const named = one.answer.routes.map(route => route.relays[0]!.peerId)
    for (const route of one.answer.routes) {
      const pass = passOn(route, one.client)
      expect(pass).toMatchObject({ client: one.client, sources: [source.id] })
      expect([...pass.relays].sort()).toEqual(named.sort())
      expect(pass.expiresAtMs - pass.issuedAtMs).toBe(600_000)
      expect(pass.maxBytes).toBeUndefined()
      expect(() => passOn(route, other.client)).toThrow('another client')
    }
    const [elsewhere] = relays.filter(({ id }) => !named.includes(id))
    const [route] = one.answer.routes
    const astray = { ...route!, relays: [{ ...route!.relays[0]!, peerId: elsewhere!.id }] }
    expect(() => passOn(astray, one.client)).toThrow('other relays')
    const [idOfOne, idOfOther] = [one, other].map(
      ({ answer, client }) => passOn(answer.routes[0]!, client).id
    )
    expect(idOfOne).not.toEqual(idOfOther)
  })

  it('limits the bytes as its operator says, client by client', async () => {
    const asked: string[] = []
    await startCluster({ allowanceOf: client => asked.push(client) * 1_000 })
    await cluster.addSource(['a'])
    await cluster.addRelay()
    const { client, answer } = await ask(1)
    expect(passOn(answer.routes[0]!, client).maxBytes).toBe(1_000)
    expect(asked).toEqual([client])
  })

  it('gives none where it names no route: such a pass would be for every relay', async () => {
    await startCluster()
    await cluster.addSource(['a'])
    const { updates } = await cluster.watch('a', 1)
    expect((await updates.next()).answer?.routes).toEqual([])
    const relay = await cluster.addRelay()
    const { gained } = await updates.until(update => update.gained.length > 0)
    expect(gained[0]!.pass).toBeDefined()
    await relay.session.stop()
    expect(await updates.until(update => update.lost.length > 0)).toMatchObject({ answer: { routes: [] } })
  })

  it('gives a watch a new one at half of the time, again and again, while its routes stay', async () => {
    await startCluster({ limits: { passLifetimeMs: 2_000 } })
    await cluster.addSource(['a'])
    const relay: Member = await cluster.addRelay()
    const { updates } = await cluster.watch('a', 1)
    const passes = [(await updates.until(({ gained }) => gained.length > 0)).answer!.routes[0]!.pass!]
    for (let round = 0; round < 3; round++) {
      cluster.directorClock.advance(1_000)
      const { answer, gained, lost } = await updates.next()
      expect([gained, lost]).toEqual([[], []])
      expect(answer!.routes[0]!.relays[0]!.peerId).toBe(relay.id)
      passes.push(answer!.routes[0]!.pass!)
    }
    expect(new Set(passes.map(String)).size).toBe(4)
  })
})
