import { describe, expect, it } from 'vitest'
import { dialable } from '../../src/relay/dial-policy.ts'
import type { NextHops } from '../../src/relay/limits.ts'

const PEER = '/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

const ASKERS = {
  outside: '/ip4/8.8.4.4/tcp/50000',
  loopback: '/ip4/127.0.0.1/tcp/50000',
  loopback6: '/ip6/::1/tcp/50000',
  ten: '/ip4/10.1.2.3/tcp/50000',
  home: '/ip4/192.168.1.20/tcp/50000',
  ula: '/ip6/fd00::20/tcp/50000'
}
type AskerName = keyof typeof ASKERS
const EVERYBODY = Object.keys(ASKERS) as AskerName[]
const SAME_HOST: AskerName[] = ['loopback', 'loopback6']

function isDialled(address: string, asker: AskerName, nextHops: NextHops): boolean {
  return dialable({ offered: [address], known: [], asker: ASKERS[asker], nextHops })!.length > 0
}

describe('the addresses that an asker may have dialled', () => {
  it.each<[string, AskerName[]]>([
    ['/ip4/8.8.8.8/tcp/4003', EVERYBODY],
    [`/ip4/8.8.8.8/tcp/4003${PEER}`, EVERYBODY],
    ['/ip6/2a00:1450::1/tcp/4003', EVERYBODY],
    ['/ip4/127.0.0.1/tcp/6379', SAME_HOST],
    ['/ip6/::1/tcp/6379', SAME_HOST],
    ['/ip4/10.200.0.1/tcp/22', [...SAME_HOST, 'ten']],
    ['/ip4/192.168.200.1/tcp/80', [...SAME_HOST, 'home']],
    ['/ip4/172.17.0.1/tcp/80', SAME_HOST],
    ['/ip4/100.64.0.1/tcp/80', SAME_HOST],
    ['/ip6/fd12::1/tcp/80', [...SAME_HOST, 'ula']],
    ['/ip4/0.0.0.0/tcp/80', []],
    ['/ip4/169.254.169.254/tcp/80', []],
    ['/ip4/224.0.0.1/tcp/80', []],
    ['/ip6/fe80::1/tcp/80', []],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/80', []],
    ['/ip6/::ffff:10.1.2.3/tcp/80', []],
    ['/ip6/::ffff:8.8.8.8/tcp/80', []],
    ['/ip6/64:ff9b::a01:203/tcp/80', []],
    ['/unix/%2Frun%2Fdocker.sock', []],
    ['/dns4/example.org/tcp/80', []],
    ['/dns/localhost/tcp/80', []],
    ['/dnsaddr/example.org', []],
    ['/ip4/8.8.8.8/udp/53', []],
    ['/ip4/8.8.8.8/tcp/80/ws', EVERYBODY],
    ['/ip4/8.8.8.8/tcp/443/tls/ws', EVERYBODY],
    [`/ip4/8.8.8.8/tcp/443/tls/sni/relay.example.org/ws${PEER}`, EVERYBODY],
    ['/ip4/10.200.0.1/tcp/80/ws', [...SAME_HOST, 'ten']],
    ['/dns4/example.org/tcp/443/tls/ws', []],
    ['/ip4/8.8.8.8/tcp/80/http', []],
    [`/ip4/8.8.8.8/tcp/80${PEER}/p2p-circuit${PEER}`, []],
    ['/ip4/8.8.8.8', []],
    ['nonsense', []]
  ])('%s: %s', (address, askers) => {
    expect(EVERYBODY.filter(asker => isDialled(address, asker, 'world'))).toEqual(askers)
  })

  it.each([
    ['/ip4/10.1.2.4/tcp/4003', true],
    ['/ip4/127.0.0.1/tcp/4003', true],
    ['/dns4/relay.example.org/tcp/4003', true],
    ['/dns4/relay.example.org/tcp/443/tls/ws', true],
    [`/dns/relay.example.org/tcp/4003${PEER}`, true],
    [`/dnsaddr/relay.example.org${PEER}`, true],
    ['/unix/%2Frun%2Fdocker.sock', false],
    ['/ip4/8.8.8.8/udp/53', false]
  ])('where the operator says any: %s is %s', (address, expected) => {
    expect(isDialled(address, 'outside', 'any')).toBe(expected)
  })

  it('are for an asker whose own address cannot be told those of an asker from outside', () => {
    const question = { known: [], asker: '/unix/%2Ftmp%2Fsocket', nextHops: 'world' as const }
    const offered = ['/ip4/127.0.0.1/tcp/1', '/ip4/8.8.8.8/tcp/1']
    expect(dialable({ ...question, offered })).toEqual(['/ip4/8.8.8.8/tcp/1'])
  })

  it('come after those that are known, which are taken as they are', () => {
    const known = ['/dns4/relay.example.org/tcp/1', '/ip4/10.0.0.9/tcp/1']
    const offered = ['/ip4/10.0.0.9/tcp/1', '/ip4/10.0.0.10/tcp/1', '/ip4/8.8.8.8/tcp/1']
    const question = { offered, known, asker: ASKERS.outside, nextHops: 'world' as const }
    expect(dialable(question)).toEqual([...known, '/ip4/8.8.8.8/tcp/1'])
    expect(dialable({ ...question, known: undefined })).toEqual(['/ip4/8.8.8.8/tcp/1'])
  })

  it('are none where only nodes that are known may follow', () => {
    const question = { offered: ['/ip4/8.8.8.8/tcp/1'], asker: ASKERS.loopback, nextHops: 'known' as const }
    expect(dialable({ ...question, known: ['/ip4/127.0.0.1/tcp/1'] })).toEqual(['/ip4/127.0.0.1/tcp/1'])
    expect(dialable({ ...question, known: [] })).toEqual([])
    expect(dialable({ ...question, known: undefined })).toBeUndefined()
  })
})
