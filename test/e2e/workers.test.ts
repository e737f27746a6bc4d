import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hashOf, makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

it('a fetch goes on while each worker of its relay is started anew, and all read their limits again', async () => {
  let hash: string | undefined
  const cluster = await Cluster.start([], async contents => {
    hash = await makeContent(join(contents, 'a'), 40_000_000)
  })
  const config = cluster.path('relay.yaml')
  await writeFile(config, 'workers: 2\nmaxRate: 4mbit\n')
  const relay = await cluster.startMember('relay', 'relay', ['--config', config])
  for (const worker of [1, 2]) await relay.event('registered', event => event.worker === worker)
  const fetch = cluster.fetch('a', cluster.path('out'))
  await fetch.event('route', ({ state }) => state === 'open')
  relay.kill('SIGUSR2')
  await relay.event('restarted')
  const pids = relay.events.filter(({ event, change }) => event === 'worker' && change === 'started')
  expect(pids.map(({ worker }) => worker)).toEqual([1, 2, 1, 2])
  await writeFile(config, 'workers: 2\n')
  relay.kill('SIGHUP')
  for (const worker of [1, 2]) await relay.event('reloaded', event => event.worker === worker)
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
  relay.kill('SIGTERM')
  expect(await relay.ended).toMatchObject({ code: 0 })
})

it('one fetch takes from all workers of a source, and one that was killed comes back as the same node', async () => {
  let hash: string | undefined
  const cluster = await Cluster.start([[], []], async contents => {
    hash = await makeContent(join(contents, 'a'), 5_000_000)
  })
  const source = cluster.source!
  source.kill('SIGTERM')
  await source.ended
  const flags = ['--dir', cluster.contents, '--workers', '2']
  const pair = await cluster.startMember('source', 'source', flags)
  for (const worker of [1, 2]) await pair.event('registered', event => event.worker === worker)
  const first = await pair.event('listening', ({ worker }) => worker === 1)
  expect(first.peerId).toBe(source.peerId)
  const second = await pair.event('listening', ({ worker }) => worker === 2)
  const routes = cluster.run(['client', 'routes', 'a', '--json', '--director', cluster.director!.address])
  await routes.ended
  const sources = routes.events.filter(({ event }) => event === 'route').map(({ source: peer }) => peer)
  expect(new Set(sources)).toEqual(new Set([first.peerId, second.peerId]))

  const { pid } = await pair.event('worker', ({ worker, change }) => worker === 2 && change === 'started')
  const back = pair.nextEvent('listening', ({ worker }) => worker === 2)
  process.kill(pid, 'SIGKILL')
  await pair.event('worker', event => event.worker === 2 && event.change === 'ended' && event.code === null)
  expect((await back).peerId).toBe(second.peerId)
  const fetch = cluster.fetch('a', cluster.path('out'))
  expect(await fetch.outcome('done')).toMatchObject({ sha256: hash })
  expect(await hashOf(cluster.path('out'))).toBe(hash)
})

it('workers end with the process that runs them, even where that is killed', async () => {
  const cluster = await Cluster.create()
  const relay = await cluster.startMember('relay', 'relay', ['--workers', '2'])
  for (const worker of [1, 2]) await relay.event('listening', event => event.worker === worker)
  relay.kill('SIGKILL')
  // Its output is closed only when the last process that has it is gone.
  await relay.ended
  const again = await cluster.startMember('relay', 'relay', ['--workers', '2'])
  for (const worker of [1, 2]) await again.event('listening', event => event.worker === worker)
})

it('workers whose ports do not exist are refused, and none is left', async () => {
  const cluster = await Cluster.create()
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/65535']
  const relay = cluster.run([
    'relay',
    'start',
    '--json',
    '--workers',
    '2',
    '--home',
    cluster.path('r'),
    ...listen
  ])
  expect(await relay.ended).toMatchObject({ code: 2 })
  expect((await relay.event('error')).message).toMatch(/would go beyond 65535/)
})
