import { afterEach, describe, expect, it } from 'vitest'
import { UsageError, WireStatus } from '../../src/errors.ts'
import { signPass } from '../../src/protocol/pass.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { makePass, passDirector } from '../protocol/passes.ts'
import { ask, hopOf, Network, type SourceStub } from './harness.ts'
import { segments } from './segments.ts'

const network = new Network()
afterEach(() => network.stop())

async function setUp() {
  const director = await passDirector()
  const { node } = await network.relay({ passFrom: [director.director] })
  const [source, client] = [await network.source(), await network.node(false)]
  /** What a director of these relays gives the client, at this time. */
  const passTo = (holder: OverlayNode, maxBytes?: number) => {
    const [relay, from] = [node, source.node].map(({ peerId }) => peerId.toString())
    const issuedAtMs = Date.now()
    const limit = maxBytes === undefined ? {} : { maxBytes }
    const times = { issuedAtMs, expiresAtMs: issuedAtMs + 60_000 }
    const named = { client: holder.peerId.toString(), relays: [relay!], sources: [from!] }
    return signPass(makePass({ ...named, ...limit, ...times }), director)
  }
  return { node, source, client, passTo }
}

describe('a relay that wants passes', () => {
  it('serves the client that a pass names', async () => {
    const { node, source, client, passTo } = await setUp()
    const route = await ask(client, node, [hopOf(source.node)], { pass: passTo(client) })
    await source.opened()
    await route.first('opened')
  })

  it.each<[string, (parts: Awaited<ReturnType<typeof setUp>>) => Promise<Parameters<typeof ask>>]>([
    ['without one', async ({ node, source, client }) => [client, node, [hopOf(source.node)]]],
    [
      "with another client's",
      async ({ node, source, client, passTo }) => [
        await network.node(false),
        node,
        [hopOf(source.node)],
        { pass: passTo(client) }
      ]
    ],
    [
      'on the way to another source',
      async ({ node, client, passTo }) => [
        client,
        node,
        [hopOf((await network.source()).node)],
        { pass: passTo(client) }
      ]
    ]
  ])('refuses a client %s', async (_, question) => {
    const refused = await ask(...(await question(await setUp())))
    expect((await refused.first('status')).status).toBe(WireStatus.refusedPass)
    expect(await refused.closed).toBeUndefined()
  })

  it('ends the routes of a pass whose bytes are used up, and opens none with it any more', async () => {
    const { node, source, client, passTo } = await setUp()
    const pass = passTo(client, 50_000)
    const openRoute = async (from: SourceStub, route: number) => {
      const asked = await ask(client, node, [hopOf(from.node)], { route, pass })
      return { asked, far: await from.opened() }
    }
    const [first, second] = [await openRoute(source, 0), await openRoute(source, 1)]
    await first.far.sendAll(segments(3, 10_000))
    await first.asked.until(() => first.asked.segmentCount === 3)
    await second.far.sendAll(segments(4, 10_000))
    expect((await second.asked.first('status')).status).toBe(WireStatus.refusedPass)
    expect(second.asked.segmentCount).toBeLessThan(4)
    const again = await ask(client, node, [hopOf(source.node)], { route: 2, pass })
    expect((await again.first('status')).message).toContain('its bytes are used up')
  })

  it('is not made with directors that no key follows from', async () => {
    await expect(
      network.relay({ passFrom: ['QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'] })
    ).rejects.toThrow(UsageError)
  })
})
