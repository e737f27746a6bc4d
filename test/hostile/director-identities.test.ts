import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it, onTestFinished } from 'vitest'
import type { DirectorOptions } from '../../src/director/director.ts'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import { DIRECTOR_PROTOCOL, type DirectorReply } from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import { createNode, type OverlayNode } from '../../src/transport/node.ts'
import { ANY_PORT, Cluster, Inbox } from '../director/cluster.ts'

const IDENTITIES = 12
/** Few neighbours, so that few identities are many. */
const LIMITS = { maxNeighbors: 4, leaseMs: 600_000 }

let cluster: Cluster

afterEach(async () => await cluster.stop())

async function startCluster(options: Partial<DirectorOptions> = {}): Promise<void> {
  cluster = new Cluster({ limits: LIMITS, ...options } as Partial<DirectorOptions>)
  await cluster.startDirector()
}

/** An identity that registers as a relay at these addresses, and then does nothing; ready once it was told its neighbours. */
async function registerRaw(node: OverlayNode, addresses: string[]): Promise<Inbox<DirectorReply>> {
  const [replies, later] = [new Inbox<DirectorReply>(), new Inbox<DirectorReply>()]
  const stream = new FramedStream(await node.dialProtocol(multiaddr(cluster.address), DIRECTOR_PROTOCOL), {
    maxFrameBytes: 1_000_000,
    handlers: {
      onFrame: frame => replies.push(decodeDirectorReply(frame)),
      onEnd: () => {},
      onClose: () => {}
    }
  })
  const told = { labels: [], restricted: false, capabilities: [], routeProtocol: ROUTE_PROTOCOL }
  stream.send(encodeDirectorRequest({ kind: 'register', role: 'relay', addresses, ...told }))
  for (;;) {
    const reply = await replies.next()
    later.push(reply)
    if (reply.kind === 'neighbors') return later
  }
}

async function relaysOfAnswer(routes: number): Promise<string[]> {
  const client = await cluster.addNode([])
  const answer = await queryRoutes(client, [cluster.address], { content: { name: 'a' }, routes })
  return answer.routes.flatMap(({ relays }) => relays.map(({ peerId }) => peerId))
}

it('names nobody at the address of another, which is dialled a few times in all', async () => {
  await startCluster()
  const victim = await createNode({ listen: [ANY_PORT] })
  onTestFinished(() => victim.stop())
  let dials = 0
  victim.addEventListener('connection:open', () => dials++)
  const [place] = victim.getMultiaddrs().map(address => address.decapsulate('/p2p').toString())
  const nodes = await Promise.all(Array.from({ length: IDENTITIES }, () => cluster.addNode([])))
  const told: Inbox<DirectorReply>[] = []
  for (const node of nodes) told.push(await registerRaw(node, [place!]))
  await cluster.addSource(['a'])
  const relays = [await cluster.addRelay(), await cluster.addRelay()]
  for (let second = 0; second < 20; second++) {
    cluster.directorClock.advance(1_000)
    cluster.nodeClock.advance(1_000)
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(dials).toBeLessThan(10)
  expect((await relaysOfAnswer(16)).sort()).toEqual(relays.map(({ id }) => id).sort())
  const notice = await told[0]!.until(({ kind }) => kind === 'notice')
  expect(notice).toMatchObject({ message: expect.stringContaining(`${place} (another node answers there)`) })
})

it('still leads over relays that have measured their source, whatever number of others comes and stays', async () => {
  await startCluster()
  await cluster.addSource(['a'])
  const relays = [await cluster.addRelay(), await cluster.addRelay()]
  const nodes = await Promise.all(Array.from({ length: IDENTITIES }, () => cluster.addNode([ANY_PORT])))
  for (const node of nodes) await registerRaw(node, node.getMultiaddrs().map(String))
  expect(cluster.director.counts.nodes).toBe(3 + IDENTITIES)
  expect(await relaysOfAnswer(16)).toEqual(expect.arrayContaining(relays.map(({ id }) => id)))
})
