import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

it('a relay that has forwarded what it may in a day ends its routes, and nothing is led over it any more', async () => {
  let hash: string | undefined
  const cluster = await Cluster.start([['--max-bytes-per-day', '2MB'], []], async contents => {
    hash = await makeContent(join(contents, 'a'), 20_000_000)
  })
  const [spent, other] = cluster.relays
  const fetch = cluster.fetch('a', cluster.path('out'), ['--policy', 'proportional'])
  const lost = await fetch.event('route', ({ state }) => state === 'lost')
  expect(lost).toMatchObject({
    relays: [spent!.peerId],
    reason: expect.stringMatching(
      /^relay \.\.\w{6} says: The relay has forwarded the 2\.0 MB that it may in a day \(UTC\), and goes on in/
    )
  })
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
  await spent!.event('allowanceUsed')
  const routes = cluster.run(['client', 'routes', 'a', '--json', '--director', cluster.director!.address])
  expect((await routes.outcome('route')).relays).toEqual([other!.peerId])
})

it('a relay serves no others than the peers that it is told to serve', async () => {
  const cluster = await Cluster.start([], contents => makeContent(join(contents, 'a'), 1_000))
  const relay = await cluster.startMember('relay', 'relay', ['--allow', cluster.source!.peerId])
  await relay.event('registered')
  const fetch = cluster.fetch('a', cluster.path('out'), ['--patience', '1s'])
  expect(await fetch.ended).toMatchObject({ code: 10 })
  expect((await fetch.event('error')).message).toBe(
    `Refused: relay ..${relay.peerId.slice(-6)} says: The relay serves certain peers only`
  )
})

it('a client whose only relay is full is refused, and told when to try again', async () => {
  const limits = ['--max-sessions', '1', '--max-rate', '1mbit']
  const cluster = await Cluster.start([limits], contents => makeContent(join(contents, 'a'), 20_000_000))
  await cluster.fetch('a', cluster.path('first')).event('route', ({ state }) => state === 'open')
  const second = cluster.fetch('a', cluster.path('second'), ['--patience', '1s'])
  expect(await second.outcome('error')).toMatchObject({
    code: 'ERR_ROUTES_REFUSED',
    message: expect.stringMatching(
      /^Refused: relay \.\.\w{6} says: The relay already carries 1 route; try again when others have finished$/
    )
  })
  expect(await second.ended).toMatchObject({ code: 10 })
})

it('a relay with few open files refuses what it has no room for, says so, and goes on serving and dialling', async () => {
  let hash: string | undefined
  const cluster = await Cluster.start([], async contents => {
    hash = await makeContent(join(contents, 'a'), 1_000_000)
  })
  const under = ['bash', '-c', 'ulimit -n 64; exec "$0" "$@"']
  const relay = await cluster.startMember('relay', 'relay', [], { under })
  await relay.event('problem', ({ message }) =>
    message.includes('and may have 64: raise the limit with ulimit -n')
  )
  await relay.event('registered')
  const { host, port } = placeOf(relay.address)
  const crowd = Array.from({ length: 200 }, () => connect({ host, port }).on('error', () => {}))
  onTestFinished(() => crowd.forEach(socket => void socket.destroy()))
  await relay.event('problem', ({ message }) => message.startsWith('connections are refused: 12 are open'))
  for (const output of ['while', 'after']) {
    expect(await cluster.fetch('a', cluster.path(output)).outcome('done')).toMatchObject({ sha256: hash })
    for (const socket of crowd) socket.destroy()
  }
})

function placeOf(address: string): { host: string; port: number } {
  const [, host, port] = /^\/ip4\/([^/]+)\/tcp\/(\d+)/.exec(address)!
  return { host: host!, port: Number(port) }
}
