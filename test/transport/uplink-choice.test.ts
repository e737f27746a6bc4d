import { describe, expect, it } from 'vitest'
import { type Interfaces, unknownUplinks, uplinkSteps } from '../../src/transport/uplink-choice.ts'

/** Interfaces with these addresses each. */
const host = (interfaces: Record<string, string[]>): Interfaces =>
  Object.fromEntries(
    Object.entries(interfaces).map(([name, ips]) => [
      name,
      ips.map(address => ({ address, family: address.includes(':') ? 'IPv6' : 'IPv4' }))
    ])
  )
const LAPTOP = host({
  lo: ['127.0.0.1', '::1'],
  eth0: ['192.168.1.7', 'fe80::1', 'fd00::7', '2a01:4f8:1::7'],
  wwan0: ['100.64.3.4'],
  docker0: ['172.17.0.1'],
  usb0: ['169.254.3.3']
})
const eth0 = { name: 'eth0', device: 'eth0', local: { ip4: '192.168.1.7', ip6: '2a01:4f8:1::7' } }
const wwan0 = { name: 'wwan0', device: 'wwan0', local: { ip4: '100.64.3.4' } }

describe('uplinks', () => {
  it('of all are the interfaces that lead anywhere: no loopback, no virtual bridge, none without a real address', () => {
    expect(uplinkSteps([], 'all', LAPTOP).come).toEqual([eth0, wwan0])
  })

  it('have an address of each family, a public one before a private one, and none that needs its interface', () => {
    expect(uplinkSteps([], ['eth0'], LAPTOP).come).toEqual([eth0])
  })

  it('may be whatever the user names: an interface of any kind, or one address of it', () => {
    expect(uplinkSteps([], ['docker0', 'fd00::7', 'usb0'], LAPTOP).come).toEqual([
      { name: 'docker0', device: 'docker0', local: { ip4: '172.17.0.1' } },
      { name: 'fd00::7', device: 'eth0', local: { ip6: 'fd00::7' } },
      { name: 'usb0', device: 'usb0', local: { ip4: '169.254.3.3' } }
    ])
  })

  it('come when their interface does, and nothing happens while all is as it was', () => {
    expect(uplinkSteps([eth0], ['eth0', 'wwan0'], LAPTOP)).toEqual({ gone: [], come: [wwan0], widened: [] })
    expect(uplinkSteps([eth0, wwan0], ['eth0', 'wwan0'], LAPTOP)).toEqual({ gone: [], come: [], widened: [] })
  })

  it('are gone with their interface', () => {
    const { wwan0: _, ...left } = LAPTOP
    expect(uplinkSteps([eth0, wwan0], 'all', left)).toEqual({ gone: ['wwan0'], come: [], widened: [] })
  })

  it('come anew where an address in use has changed', () => {
    const moved = { ...LAPTOP, ...host({ wwan0: ['100.64.9.9'] }) }
    expect(uplinkSteps([eth0, wwan0], 'all', moved)).toEqual({
      gone: ['wwan0'],
      come: [{ ...wwan0, local: { ip4: '100.64.9.9' } }],
      widened: []
    })
  })

  it('keep their addresses when others come beside these', () => {
    const more = { ...LAPTOP, ...host({ wwan0: ['8.8.1.1', '100.64.3.4'] }) }
    expect(uplinkSteps([wwan0], ['wwan0'], more)).toEqual({ gone: [], come: [], widened: [] })
  })

  it('take up a family whose first address has come later', () => {
    const later = { ...LAPTOP, ...host({ wwan0: ['100.64.3.4', '2a01:4f8:2::7'] }) }
    const local = { ip4: '100.64.3.4', ip6: '2a01:4f8:2::7' }
    expect(uplinkSteps([wwan0], ['wwan0'], later)).toEqual({
      gone: [],
      come: [],
      widened: [{ name: 'wwan0', local }]
    })
  })

  it('are unknown where neither an interface, up or down, nor an address has the name', () => {
    const names = ['eth0', 'eth1', '192.168.1.7', '192.168.1.8', 'eth9']
    expect(unknownUplinks(names, ['lo', 'eth0', 'eth1'], LAPTOP)).toEqual(['192.168.1.8', 'eth9'])
  })
})
