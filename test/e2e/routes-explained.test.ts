import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { shortPeer } from '../../src/protocol/peer-word.ts'
import { Cluster } from './harness.ts'

it('client routes --explain draws the routes and names the relay that stands in the way of more', async () => {
  const cluster = await Cluster.start([['--max-rate', '8mbit']], contents =>
    writeFile(join(contents, 'a'), 'a')
  )
  const args = ['client', 'routes', 'a', '--explain', '--director', cluster.director!.address]
  const program = cluster.run(args, { events: 'stderr' })
  const told = text(program.child.stdout!)
  expect(await program.ended).toEqual({ code: 0, signal: null })
  const relay = shortPeer(cluster.relays[0]!.peerId)
  expect(await told).toContain('1 of 8 routes at most\n')
  expect(await told).toContain(`-> relay ${relay} (at most 8.0 Mbit/s)\n`)
  expect(await told).toContain(`  relay ${relay}, which route A uses\n`)
})
