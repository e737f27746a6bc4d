import type { networkInterfaces } from 'node:os'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { addressesToTell } from '../../src/transport/told-addresses.ts'

type Interfaces = ReturnType<typeof networkInterfaces>

const LOOPBACK4 = '/ip4/127.0.0.1/tcp/1'
const LOOPBACK6 = '/ip6/::1/tcp/1'
const DOCKER = '/ip4/172.17.0.1/tcp/1'
const PRIVATE4 = '/ip4/192.168.1.2/tcp/1'
const PRIVATE6 = '/ip6/fd00::2/tcp/1'
const PUBLIC4 = '/ip4/5.9.1.2/tcp/1'
const PUBLIC6 = '/ip6/2a01:4f8::2/tcp/1'
const LINK = '/ip4/169.254.3.4/tcp/1'

function interfacesWith(ipsByName: Record<string, string[]>): Interfaces {
  const entries = Object.entries(ipsByName).map(([name, ips]) => [name, ips.map(address => ({ address }))])
  return Object.fromEntries(entries) as Interfaces
}

const HOST = interfacesWith({
  lo: ['127.0.0.1', '::1'],
  docker0: ['172.17.0.1'],
  eth0: ['192.168.1.2', 'fd00::2', '5.9.1.2', '2a01:4f8::2']
})

function told(listening: string[], interfaces = HOST): string[] {
  const addresses = listening.map(address => multiaddr(address))
  return addressesToTell(addresses, interfaces).map(String)
}

describe('addressesToTell', () => {
  it.each([
    ['public before private ones, both families', [PRIVATE4, PRIVATE6, PUBLIC4, PUBLIC6]],
    ['no loopback and no docker0', [LOOPBACK4, LOOPBACK6, DOCKER, PRIVATE4, PUBLIC4, PUBLIC6, PRIVATE6]]
  ])('tells %s', (_, listening) => {
    expect(told(listening)).toEqual([PUBLIC4, PUBLIC6, PRIVATE4, PRIVATE6])
  })

  it('tells a public address though it is all that is listened on', () => {
    expect(told([PUBLIC4])).toEqual([PUBLIC4])
  })

  it('tells loopback where there is nothing else, and never link-local addresses or docker0', () => {
    expect(told([DOCKER, LINK, LOOPBACK6, LOOPBACK4])).toEqual([LOOPBACK6, LOOPBACK4])
    expect(told([LINK, LOOPBACK4, PRIVATE4])).toEqual([PRIVATE4])
  })

  it('tells each address once, and nothing where there is none', () => {
    expect(told([PUBLIC4, PUBLIC4])).toEqual([PUBLIC4])
    expect(told([])).toEqual([])
  })

  it('takes families in turn, so that a bound on their number leaves both', () => {
    const others = Array.from({ length: 20 }, (_, at) => `/ip6/2a01:4f8::1:${at + 10}/tcp/1`)
    expect(told([...others, PUBLIC4]).slice(0, 2)).toEqual([others[0], PUBLIC4])
  })

  it.each([
    'docker0',
    'docker_gwbridge',
    'br-0123456789ab',
    'virbr0',
    'lxcbr0',
    'lxdbr0',
    'incusbr0',
    'podman0',
    'cni0',
    'cni-podman0',
    'veth12ab'
  ])('takes %s for a virtual bridge', name => {
    const interfaces = interfacesWith({ eth0: ['192.168.1.2'], [name]: ['10.1.0.1'] })
    expect(told(['/ip4/10.1.0.1/tcp/1', PRIVATE4], interfaces)).toEqual([PRIVATE4])
  })

  it.each(['eth0', 'wlp2s0', 'br-lan', 'br0', 'bond0', 'tun0', 'wg0', 'tailscale0'])(
    'takes %s for a network',
    name => {
      const interfaces = interfacesWith({ docker0: ['172.17.0.1'], [name]: ['10.1.0.1'] })
      expect(told([DOCKER, '/ip4/10.1.0.1/tcp/1'], interfaces)).toEqual(['/ip4/10.1.0.1/tcp/1'])
    }
  )

  it('takes an address that a real interface has, too, for a real one', () => {
    const interfaces = interfacesWith({ docker0: ['172.17.0.1'], eth0: ['172.17.0.1'] })
    expect(told([LOOPBACK4, DOCKER], interfaces)).toEqual([DOCKER])
  })
})
