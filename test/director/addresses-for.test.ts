import { describe, expect, it } from 'vitest'
import { addressesFor, hasAddressFor, standpointOf, whereaboutsOf } from '../../src/director/addresses-for.ts'

const PUBLIC4 = '/ip4/8.20.1.2/tcp/1'
const PUBLIC6 = '/ip6/2a01:4f8::2/tcp/1'
const PRIVATE = '/ip4/10.0.0.5/tcp/1'
const LOCAL6 = '/ip6/fd00::5/tcp/1'
const LOOPBACK = '/ip4/127.0.0.1/tcp/1'
const LINK = '/ip4/169.254.1.1/tcp/1'
const DOCKER = '/ip4/172.17.0.1/tcp/1'

const HERE = '/ip4/127.0.0.1/tcp/50000'
const AT_HOME = '/ip4/8.20.1.2/tcp/50000'
const AWAY = '/ip4/8.30.1.2/tcp/50000'
const IN_TEN = '/ip4/10.9.9.9/tcp/50000'

/** The director, an asker and a node, by where they stand; what the node tells and where it was reached; what the asker is told. */
const TABLE: [about: string, asker: string, node: string, told: string[], reached: string[], is: string[]][] =
  [
    ['public ones to all', AWAY, AT_HOME, [PUBLIC4, PUBLIC6], [PUBLIC4, PUBLIC6], [PUBLIC4, PUBLIC6]],
    ['public ones to one nearby', IN_TEN, HERE, [PUBLIC4], [PUBLIC4], [PUBLIC4]],
    ['nothing that was not reached', AWAY, AT_HOME, [PUBLIC4, PUBLIC6], [PUBLIC6], [PUBLIC6]],
    ['nothing of a node that was reached nowhere', AT_HOME, AT_HOME, [PUBLIC4, PRIVATE], [], []],
    ['loopback to those on the host', HERE, HERE, [LOOPBACK], [LOOPBACK], [LOOPBACK]],
    ['loopback to nobody else', IN_TEN, HERE, [LOOPBACK], [LOOPBACK], []],
    ['private ones to those on the host', HERE, HERE, [PRIVATE], [PRIVATE], [PRIVATE]],
    ['private ones in their network', IN_TEN, IN_TEN, [PRIVATE, LOCAL6], [PRIVATE], [PRIVATE]],
    ['none that failed there', IN_TEN, IN_TEN, [PRIVATE, PUBLIC4], [PUBLIC4], [PUBLIC4]],
    ['private ones to nobody from outside', AWAY, IN_TEN, [PRIVATE, PUBLIC4], [PRIVATE, PUBLIC4], [PUBLIC4]],
    ['not those of another private network', '/ip4/192.168.1.2/tcp/1', IN_TEN, [PRIVATE], [PRIVATE], []],
    [
      'unique-local ones in their network',
      '/ip6/fd00::9/tcp/1',
      '/ip6/fd00::5/tcp/1',
      [LOCAL6],
      [LOCAL6],
      [LOCAL6]
    ],
    [
      'those of one network, though untried, behind one public address',
      AT_HOME,
      AT_HOME,
      [PRIVATE, PUBLIC4],
      [PUBLIC4],
      [PUBLIC4, PRIVATE]
    ],
    ['untried ones to nobody else', AWAY, AT_HOME, [PRIVATE, PUBLIC4], [PUBLIC4], [PUBLIC4]],
    ['no untried loopback', AT_HOME, AT_HOME, [LOOPBACK, PUBLIC4], [PUBLIC4], [PUBLIC4]],
    ['link-local ones to nobody', HERE, HERE, [LINK], [LINK], []],
    ["another host's bridge to nobody from outside", AWAY, AT_HOME, [DOCKER, PUBLIC4], [PUBLIC4], [PUBLIC4]],
    ['a name to all', AWAY, HERE, [], ['/dns/a.example/tcp/1'], ['/dns/a.example/tcp/1']]
  ]

describe('addressesFor', () => {
  it.each(TABLE)('tells %s', (_, asker, node, told, reached, addresses) => {
    const whereabouts = whereaboutsOf(node, told, reached)
    expect(addressesFor(standpointOf(asker), whereabouts)).toEqual(addresses)
    expect(hasAddressFor(standpointOf(asker), whereabouts)).toBe(addresses.length > 0)
  })

  it('tells no more than a frame holds', () => {
    const addressesFrom = (ip: string) => Array.from({ length: 16 }, (_, at) => `/ip4/${ip}/tcp/${at + 1}`)
    const told = addressesFrom('10.0.0.5')
    const whereabouts = whereaboutsOf(AT_HOME, told, addressesFrom('8.20.1.2'))
    expect(addressesFor(standpointOf(AT_HOME), whereabouts)).toHaveLength(16)
  })
})
