import { once } from 'node:events'
import type { Connection } from '@libp2p/interface'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import type { UplinkChange } from '../../src/transport/uplink-change.ts'
import type { Interfaces } from '../../src/transport/uplink-choice.ts'
import { NoUplinkError } from '../../src/transport/uplink-set.ts'
import { type UplinkOptions, Uplinks } from '../../src/transport/uplinks.ts'
import { Inbox } from '../director/cluster.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'
import { startNode } from './started-node.ts'

/** Longer than the time between two looks at the interfaces, in ms. */
const SOON_MS = 1_000
const BOTH = { eth: '127.0.0.2', wwan: '127.0.0.3' }

/** Uplinks of a host whose interfaces are what the test says, and what changes of them. */
async function startUplinks(options: Partial<UplinkOptions> = {}) {
  let addresses: Record<string, string> = BOTH
  const scheduler = new VirtualScheduler()
  const interfaces = (): Interfaces =>
    Object.fromEntries(
      Object.entries(addresses).map(([name, address]) => [name, [{ address, family: 'IPv4' }]])
    )
  const uplinks = await Uplinks.start({ use: ['eth', 'wwan'], ...options }, { scheduler, interfaces })
  onTestFinished(() => uplinks.stop())
  const changes = new Inbox<UplinkChange>()
  uplinks.watch(change => changes.push(change))
  /** The interfaces are these from now on, and are looked at. */
  const become = async (now: Record<string, string>) => {
    addresses = now
    scheduler.advance(SOON_MS)
    await new Promise(setImmediate)
  }
  const nodeOf = (name: string) => uplinks.now.find(uplink => uplink.name === name)!.node
  return { uplinks, changes, become, nodeOf, scheduler }
}

/** The IP address that the other end sees a connection come from. */
async function seenFrom(dialled: Promise<Connection>, at: { getConnections(): Connection[] }) {
  const before = new Set(at.getConnections())
  await dialled
  for (;;) {
    const came = at.getConnections().find(connection => !before.has(connection))
    if (came) return came.remoteAddr.getComponents()[0]!.value
    await new Promise(setImmediate)
  }
}

describe('uplinks', () => {
  it('dial from their own address, under one identity', async () => {
    const far = await startNode()
    const { uplinks, nodeOf } = await startUplinks()
    for (const [name, ip] of Object.entries(BOTH))
      expect(await seenFrom(nodeOf(name).dial(far.getMultiaddrs()), far)).toBe(ip)
    const peers = far.getConnections().map(({ remotePeer }) => remotePeer.toString())
    expect(peers).toEqual([uplinks.node.peerId.toString(), uplinks.node.peerId.toString()])
  })

  it('are gone with their interface, and their connections break at once', async () => {
    const far = await startNode()
    const { changes, become, nodeOf, uplinks } = await startUplinks()
    const connection = await nodeOf('wwan').dial(far.getMultiaddrs())
    const broken = once(connection as unknown as EventTarget, 'close')
    await become({ eth: BOTH.eth })
    expect(await changes.next()).toMatchObject({ uplink: 'wwan', state: 'gone' })
    await broken
    expect(uplinks.now.map(({ name }) => name)).toEqual(['eth'])
  })

  it('come with their interface, by whatever address it has then', async () => {
    const far = await startNode()
    const { changes, become, nodeOf } = await startUplinks()
    await become({ ...BOTH, wwan: '127.0.0.9' })
    expect(await changes.next()).toMatchObject({ uplink: 'wwan', state: 'gone' })
    expect(await changes.next()).toMatchObject({ uplink: 'wwan', state: 'up' })
    expect(await seenFrom(nodeOf('wwan').dial(far.getMultiaddrs()), far)).toBe('127.0.0.9')
  })

  it('that have carried what they may are gone for good', async () => {
    const far = await startNode()
    const { changes, become, nodeOf, uplinks, scheduler } = await startUplinks({ capBytes: { wwan: 100 } })
    await nodeOf('wwan').dial(far.getMultiaddrs())
    scheduler.advance(SOON_MS)
    const change = await changes.next()
    expect(change).toMatchObject({ uplink: 'wwan', state: 'usedUp' })
    expect(change.bytes).toBeGreaterThan(100)
    await become({ eth: BOTH.eth })
    await become(BOTH)
    await become({ ...BOTH, eth: '127.0.0.8' })
    expect(await changes.until(({ state }) => state === 'up')).toMatchObject({ uplink: 'eth' })
    expect(uplinks.now.map(({ name }) => name)).toEqual(['eth'])
  })

  it('dial together by whichever is there, and say where none is', async () => {
    const far = await startNode()
    const { changes, become, uplinks } = await startUplinks()
    await become({ wwan: BOTH.wwan })
    expect(await changes.next()).toMatchObject({ uplink: 'eth', state: 'gone' })
    const dialled = uplinks.node.dial(far.getMultiaddrs())
    expect(await seenFrom(dialled, far)).toBe(BOTH.wwan)
    await become({})
    expect(await changes.next()).toMatchObject({ uplink: 'wwan', state: 'gone' })
    await expect(uplinks.node.dial(far.getMultiaddrs())).rejects.toThrow(NoUplinkError)
  })

  it('refuse names that this host does not have, and name those that it has', async () => {
    await expect(startUplinks({ use: ['eth', 'wlan'] })).rejects.toThrow(
      /^there is no uplink 'wlan'; this host has .*eth \(127.0.0.2\).*wwan \(127.0.0.3\)/
    )
    await expect(startUplinks({ use: 'all', backup: ['wlan'] })).rejects.toThrow(UsageError)
    await expect(startUplinks({ use: ['eth'], capBytes: { wwan: 1 } })).rejects.toThrow(
      "'wwan' is none of the uplinks eth"
    )
  })
})
