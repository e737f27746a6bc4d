import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { fromString } from 'uint8arrays/from-string'
import { toString as textOf } from 'uint8arrays/to-string'
import { parseConfig } from '../../src/cli/config-file.ts'
import { list, one, resolveSettings, toggle } from '../../src/cli/settings.ts'
import { ConfigurationError, UsageError } from '../../src/errors.ts'
import { MAX_PATTERN_ELEMENTS, Pattern, PatternError } from '../../src/pattern/pattern.ts'
import { InvalidContentNameError, parseContentName } from '../../src/protocol/content-name.ts'
import { MalformedMessageError } from '../../src/protocol/malformed-message.ts'
import {
  decodeOffer,
  decodeOfferAnswer,
  encodeOffer,
  encodeOfferAnswer
} from '../../src/protocol/offer-codec.ts'
import { decodeTicket, encodeTicket, InvalidTicketError, type Ticket } from '../../src/protocol/ticket.ts'
import { dialable } from '../../src/relay/dial-policy.ts'
import { InvalidPathError } from '../../src/relay/errors.ts'
import { NEXT_HOPS } from '../../src/relay/limits.ts'
import { nextHopOf } from '../../src/relay/path.ts'
import { parseTopology, TopologyError } from '../../src/topology/topology.ts'
import { parseTrace } from '../../src/topology/trace-formats.ts'
import { hostOf, ipOf, scopeOf } from '../../src/transport/ip-ranges.ts'
import { parsePeerAddress } from '../../src/transport/peer-address.ts'
import { parseBytes, parseDuration, parsePercent, parseRate } from '../../src/units/units.ts'
import { framesLike, textsLike } from './inputs.ts'
import { checkSize, law, must, resultOf } from './law.ts'

const TOPOLOGY_FILES = new URL('../../topology/', import.meta.url)
const topologies = readdirSync(TOPOLOGY_FILES)
  .filter(name => name.endsWith('.yaml'))
  .map(name => readFileSync(new URL(name, TOPOLOGY_FILES), 'utf8'))
const YAML_WORDS = [
  ...[
    '- ',
    ': ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '*b',
    '<<: ',
    '!!set ',
    '? ',
    '|'
  ],
  ...['null', 'true', '1e999', '-1', '0x10', '.nan', '__proto__', 'constructor', '9999999999999999999gbit'],
  ...['1mbit', '5 constructor', '100%', 'links', 'events', 'every', 'router']
]

const SETTINGS = {
  maxRate: one({ value: 'RATE', help: '', parse: parseRate }),
  size: one({ value: 'SIZE', help: '', parse: parseBytes }),
  listen: list({ value: 'MULTIADDR', help: '', parse: text => text }),
  json: toggle('')
}
const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
const ADDRESSES = [
  `/ip4/198.51.100.7/tcp/4002/p2p/${PEER}`,
  '/ip6/2001:db8::1/tcp/1',
  '/ip6/::ffff:10.0.0.1/tcp/1',
  '/dns4/a.example/tcp/2',
  `/dnsaddr/a.example/p2p/${PEER}`,
  `/ip4/10.0.0.1/tcp/1/p2p/${PEER}/p2p-circuit`
]
const ADDRESS_WORDS = [
  ...['/', '/ip4/', '/ip6/', '/tcp/', '/p2p/', '/dns/', '/unix/', '/ip6zone/x', '/ipcidr/33', '/udp/1/quic'],
  ...['::', '127.0.0.1', '0', '65536', 'ffff:', '%eth0', PEER, '/p2p-circuit', '/memory/1', '/certhash/u']
]
const addresses = textsLike(ADDRESSES, ADDRESS_WORDS)
const TICKET = encodeTicket({
  rootHash: new Uint8Array(32),
  sizeBytes: 2 ** 40,
  segmentBytes: 1,
  name: 'films/a.mkv',
  holders: [{ peerId: PEER, addresses: ['/ip4/198.51.100.7/tcp/4002', '/dns4/a.example/tcp/2'] }],
  relays: [{ peerId: PEER, addresses: [] }],
  directors: [`/dnsaddr/a.example/p2p/${PEER}`]
})

function payloadOf(ticket: string): Uint8Array {
  return fromString(ticket.slice('anabranch1'.length), 'base32').subarray(0, -4)
}

function withChecksum(payload: Uint8Array): Uint8Array {
  return Buffer.concat([payload, hash('sha256', payload, 'buffer').subarray(0, 4)])
}

function readTicket(text: string): Ticket | undefined {
  const ticket = resultOf(() => decodeTicket(text), [InvalidTicketError])
  checkSize(ticket, text.length)
  return ticket
}

/** The laws of everything that reads texts: from peers, and from files and settings of the user. */
export const TEXT_LAWS = [
  law(
    'pattern',
    3_000,
    textsLike(['A', 'AAB', 'A[AB]B', '[ABCz]'], ['[', ']', 'A', 'z', '[[', '0']),
    text => {
      const pattern = resultOf(() => Pattern.parse(text), [PatternError])
      if (!pattern) return
      must(pattern.length <= MAX_PATTERN_ELEMENTS && pattern.places <= text.length, 'a pattern grew')
      must(Pattern.parse(pattern.toString()).equals(pattern), 'a pattern is read otherwise')
    }
  ),
  law('pattern-length', 30, fc.nat(2 * MAX_PATTERN_ELEMENTS), length => {
    for (const text of ['A'.repeat(length), `[${'B'.repeat(length)}`, `${'A'.repeat(length)}!`])
      resultOf(() => Pattern.parse(text), [PatternError])
  }),
  law(
    'content-name',
    3_000,
    textsLike(['films/a.mkv', 'ä/ö'], ['/', '..', '.', '\\', '\0', '\u0301', 'a']),
    text => {
      const name = resultOf(() => parseContentName(text), [InvalidContentNameError])
      must(name === undefined || name === text, 'a name was changed')
    }
  ),
  law('ticket', 3_000, textsLike([TICKET], ['anabranch', '1', 'a', '7', '=', ' ', '\n', TICKET]), text => {
    readTicket(text)
  }),
  law('ticket-payload', 3_000, framesLike([payloadOf(TICKET)]), payload => {
    const text = `anabranch1${textOf(withChecksum(payload), 'base32')}`
    const ticket = readTicket(text)
    if (ticket)
      must(isDeepStrictEqual(decodeTicket(encodeTicket(ticket)), ticket), 'a ticket is read otherwise')
  }),
  law(
    'offer',
    2_000,
    framesLike([encodeOffer(TICKET), encodeOfferAnswer({ status: 306, message: 'no' })]),
    frame => {
      for (const decode of [decodeOffer, decodeOfferAnswer])
        checkSize(
          resultOf(() => decode(frame), [MalformedMessageError]),
          frame.byteLength
        )
    }
  ),
  law('topology-file', 700, textsLike(topologies, YAML_WORDS), text => {
    checkSize(
      resultOf(() => parseTopology(text, 'file'), [TopologyError]),
      text.length
    )
  }),
  law(
    'config-file',
    1_500,
    textsLike(
      ['maxRate: 16bit\nlisten: [a, b]\njson: true\n', 'size: 1MB\n'],
      [...YAML_WORDS, 'maxRate', 'size']
    ),
    text => {
      const errors = [ConfigurationError]
      const values = resultOf(() => resolveSettings(SETTINGS, [parseConfig(text, 'file', SETTINGS)]), errors)
      if (values) must(!Number.isNaN(values.maxRate ?? 0) && !Number.isNaN(values.size ?? 0), 'no number')
    }
  ),
  law('trace', 1_000, textsLike(['0\n5\n100\n', '1\n'], ['\n', '9999999999', '0', '-', '1e5', ' ']), text => {
    const trace = resultOf(() => parseTrace(text), [RangeError])
    if (trace)
      must(
        trace.ratesBytesPerSecond!.every(rate => rate >= 1 && Number.isFinite(rate)),
        'no rate'
      )
  }),
  law(
    'trace in CSV',
    1_000,
    textsLike(
      ['seconds,mbit,delay_ms,loss_percent\n0,5,20,0\n1,6,,1.5\n', '0.5 4.2\n1.5 3\n'],
      ['\n', ',', '9999999999', '0', '-', '1e5', ' ', 'mbit', 'seconds', '#']
    ),
    text => {
      const trace = resultOf(() => parseTrace(text), [RangeError])
      for (const values of [trace?.ratesBytesPerSecond, trace?.delaysMs, trace?.losses])
        if (values)
          must(
            values.length === trace!.steps && values.every(value => value >= 0 && Number.isFinite(value)),
            'no values'
          )
    }
  ),
  law(
    'quantity',
    2_000,
    textsLike(
      ['40mbit', '1.5 s', '0.1%', '64MiB'],
      ['constructor', 'toString', ' ', '.', '9', 'e', 'bit', '%']
    ),
    text => {
      for (const parse of [parseRate, parseBytes, parseDuration, parsePercent]) {
        const value = resultOf(() => parse(text), [UsageError])
        must(value === undefined || value >= 0, `${text} was read as ${value}`)
      }
    }
  ),
  law('dial-policy', 2_000, fc.tuple(addresses, addresses, fc.constantFrom(...NEXT_HOPS)), input => {
    const [address, asker, nextHops] = input
    const dialled = dialable({ offered: [address], known: undefined, asker, nextHops }) ?? []
    const ip = ipOf(address)
    hostOf(address)
    must(dialled.length === 0 || nextHops !== 'known', 'an address that nobody has named was dialled')
    if (ip === undefined) must(dialled.length === 0 || nextHops === 'any', 'no IP address was dialled')
    else if (nextHops === 'world' && dialled.length > 0)
      must(scopeOf(ip) === 'public' || ipOf(asker) !== undefined, 'an address inside was dialled')
  }),
  law('peer-address', 2_000, addresses, text => {
    const peer = resultOf(() => parsePeerAddress(text), [UsageError])
    if (peer)
      must(isDeepStrictEqual(parsePeerAddress(`/p2p/${peer.peerId}`).peerId, peer.peerId), 'another peer')
  }),
  law(
    'path',
    1_000,
    fc.array(
      fc.record({ peerId: textsLike([PEER], [PEER, '1']), addresses: fc.array(addresses, { maxLength: 3 }) }),
      { maxLength: 4 }
    ),
    hops => {
      resultOf(() => nextHopOf(hops, 'self'), [InvalidPathError])
    }
  )
]
