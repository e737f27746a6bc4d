import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterEach, describe, expect, it } from 'vitest'
import { type AccessRules, sharedToken } from '../../src/director/access.ts'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import {
  DirectorRefusedError,
  DirectorUnreachableError,
  TokenExposedError
} from '../../src/discovery/director-errors.ts'
import { ExitCode, WireStatus } from '../../src/errors.ts'
import { ANY_PORT, Cluster, Inbox } from './cluster.ts'

const TOKEN = 'the-token-of-this-test'
const OTHER = 'a-token-of-somebody-else'

let cluster: Cluster

afterEach(async () => await cluster.stop())

async function startCluster(access: AccessRules): Promise<Cluster> {
  cluster = new Cluster({ access })
  await cluster.startDirector()
  return cluster
}

async function ask(name: string, token?: string) {
  const question = { content: { name }, routes: 2, ...(token === undefined ? {} : { token }) }
  return await queryRoutes(await cluster.addNode([]), [cluster.address], question)
}

describe('a director with access rules', () => {
  it('lets in who has the token, and tells everybody else what to do', async () => {
    await startCluster(sharedToken(TOKEN))
    await cluster.addSource(['film'], { token: TOKEN })
    await cluster.addRelay({ token: TOKEN })
    for (const [token, advice] of [
      [undefined, /give its token/],
      [OTHER, /not one of its tokens/]
    ] as const) {
      const without = cluster.begin(await cluster.addNode(), token === undefined ? {} : { token })
      expect((await without.problems.next()).message).toMatch(advice)
      await expect(ask('film', token)).rejects.toMatchObject({
        name: DirectorRefusedError.name,
        message: expect.stringMatching(advice),
        exitCode: ExitCode.refused,
        wireStatus: WireStatus.notAdmitted
      })
    }
    expect((await ask('film', TOKEN)).routes).toHaveLength(1)
    expect(cluster.director.counts.nodes).toBe(2)
  })

  it('tells its operator whom it lets in by which rule, and whom it refuses', async () => {
    await startCluster({ relay: [{ name: 'own', fits: { token: TOKEN } }] })
    const inside = await cluster.addRelay({ token: TOKEN })
    const outside = cluster.begin(await cluster.addNode())
    await outside.problems.next()
    expect(await cluster.events.next()).toEqual({
      kind: 'joined',
      role: 'relay',
      peerId: inside.id,
      vouchedBy: 'own'
    })
    expect(await cluster.events.next()).toMatchObject({ kind: 'refused', role: 'relay', peerId: outside.id })
  })

  it('is tried again twice a minute by a node that it refuses, which says so once', async () => {
    await startCluster(sharedToken(TOKEN))
    const waits = new Inbox<void>()
    const random = () => {
      waits.push()
      return 0
    }
    const outside = cluster.begin(await cluster.addNode(), { random })
    for (const times of [1, 2, 3]) {
      await waits.next()
      expect(cluster.nodeClock.pendingDelaysMs).toEqual([30_000])
      cluster.nodeClock.advance(30_000)
      expect(outside.problems.size).toBe(1)
      expect(cluster.events.size).toBe(times)
    }
  })

  it('and a watch that it no longer admits leave each other alone for half a minute', async () => {
    await startCluster({})
    await cluster.addSource(['film'])
    const { updates, problems } = await cluster.watch('film', 1)
    await updates.next()
    cluster.director.setAccess({ client: [] })
    await problems.next()
    cluster.nodeClock.advance(100)
    expect((await problems.next()).message).toContain('it admits no such client')
    await problems.next()
    expect(cluster.nodeClock.pendingDelaysMs).toContain(30_000)
  })

  it('lets in the peers that it lists, whatever their token, and says who vouches for a relay', async () => {
    const key = await generateKeyPair('Ed25519')
    const peers = [peerIdFromPrivateKey(key).toString()]
    await startCluster({ relay: [{ name: 'berlin', fits: { peers } }] })
    await cluster.addSource(['film'])
    const listed = await cluster.join(await cluster.addNode([ANY_PORT], key))
    const stranger = cluster.begin(await cluster.addNode(), { token: TOKEN })
    expect((await stranger.problems.next()).message).toContain(`list the peer id ${stranger.id}`)
    const { routes } = await ask('film')
    expect(routes.map(({ relays }) => relays)).toEqual([
      [expect.objectContaining({ peerId: listed.id, vouchedBy: 'berlin' })]
    ])
    const vouched = cluster.director.view().nodes.map(({ role, vouchedBy }) => [role, vouchedBy])
    expect(vouched).toEqual([
      ['source', undefined],
      ['relay', 'berlin']
    ])
  })

  it('leaves out the names that a source may not register, tells it of them once, and takes the others', async () => {
    await startCluster({ source: [{ name: 'studio', fits: { token: TOKEN }, names: ['films/*'] }] })
    const source = await cluster.addSource(['films/a', 'b', 'c', 'films/d'], { token: TOKEN })
    expect((await source.problems.next()).message).toBe(
      'The director refused: the names "b", "c" (2 in all) were left out: ' +
        "the director's rule studio does not let this source register such names; ask its operator"
    )
    const held = cluster.director.view().contents.map(({ name }) => name)
    expect(held).toEqual(['films/a', 'films/d'])
    expect(source.problems.size).toBe(0)
  })

  it('takes other rules while it runs: it sends away whom they do not admit, and keeps the others', async () => {
    const kept = { name: 'kept', fits: { token: TOKEN } }
    await startCluster({ relay: [kept, { name: 'removed', fits: { token: OTHER } }] })
    await cluster.addSource(['film'])
    const stays = await cluster.addRelay({ token: TOKEN })
    const goes = await cluster.addRelay({ token: OTHER })
    const { updates, problems } = await cluster.watch('film', 2)
    expect((await updates.next()).gained).toHaveLength(2)
    cluster.director.setAccess({ relay: [kept] })
    expect((await goes.problems.next()).message).toMatch(/connection to the director was lost/)
    await problems.next()
    cluster.nodeClock.advance(100)
    expect((await updates.next()).lost).toEqual([expect.stringContaining(goes.id)])
    expect((await goes.problems.next()).message).toMatch(/not one of its tokens/)
    expect(stays.problems.size).toBe(0)
    expect(cluster.director.counts.nodes).toBe(2)
  })

  it('forgets what a source may no longer register, though it stays', async () => {
    await startCluster({ source: [{ name: 'all', fits: { token: TOKEN } }] })
    const source = await cluster.addSource(['films/a', 'b'], { token: TOKEN })
    cluster.director.setAccess({ source: [{ name: 'some', fits: { token: TOKEN }, names: ['films/*'] }] })
    expect(cluster.director.counts.contents).toBe(0)
    await source.problems.next()
    cluster.nodeClock.advance(100)
    await source.registered.next()
    expect(cluster.director.view().contents.map(({ name }) => name)).toEqual(['films/a'])
  })
})

it('no token goes to an address at which anybody could answer', async () => {
  await startCluster(sharedToken(TOKEN))
  const unnamed = cluster.address.replace(/\/p2p\/.*/, '')
  const node = await cluster.addNode()
  const question = { content: { name: 'film' }, routes: 1, token: TOKEN }
  await expect(queryRoutes(node, [unnamed], question)).rejects.toBeInstanceOf(TokenExposedError)
  expect(() => cluster.begin(node, { directors: [unnamed], token: TOKEN })).toThrow(TokenExposedError)
})

it('no token goes to a node that is not the director of the address', async () => {
  await startCluster(sharedToken(TOKEN))
  const node = await cluster.addNode()
  const another = cluster.address.replace(/[^/]*$/, node.peerId.toString())
  const question = { content: { name: 'film' }, routes: 1, token: OTHER }
  const asked = queryRoutes(await cluster.addNode([]), [another], question)
  await expect(asked).rejects.toBeInstanceOf(DirectorUnreachableError)
  expect(cluster.events.size).toBe(0)
})
