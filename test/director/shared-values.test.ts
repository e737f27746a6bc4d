import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeLinks,
  decodeNode,
  decodePack,
  decodeWord,
  directorKey,
  encodeLinks,
  encodeNode,
  encodePack,
  encodeWord,
  linksKey,
  type NodeRow,
  nodeKey,
  packedBytes,
  packKey,
  readKey
} from '../../src/director/shared-values.ts'
import { MalformedMessageError } from '../../src/protocol/malformed-message.ts'

const row: NodeRow = {
  node: {
    peerId: 'r1',
    role: 'relay',
    addresses: ['/ip4/1.2.3.4/tcp/1'],
    labels: ['eu'],
    restricted: false,
    capabilities: [],
    routeProtocol: 'p',
    neighbors: ['r2'],
    vouchedBy: 'berlin'
  },
  from: '/ip4/1.2.3.4/tcp/9',
  reachable: [],
  draining: true,
  indexing: false
}

describe('keys of the shared state', () => {
  it('are read as they were made', () => {
    expect(readKey(directorKey('d'))).toEqual({ kind: 'director', director: 'd' })
    expect(readKey(nodeKey('d', 'p'))).toEqual({ kind: 'node', director: 'd', peerId: 'p' })
    expect(readKey(linksKey('d', 'p'))).toEqual({ kind: 'links', director: 'd', peerId: 'p' })
    expect(readKey(packKey('d', 'p', 12))).toEqual({ kind: 'pack', director: 'd', peerId: 'p', pack: 12 })
  })

  it.each(['', 'node', 'node.d', 'director.d.p', 'pack.d.p', 'pack.d.p.x', 'node.d.p.1', 'other.d.p'])(
    'are passed over where they are none: %s',
    key => expect(readKey(key)).toBeUndefined()
  )
})

describe('values of the shared state', () => {
  it('come out as they went in', () => {
    const links = new Map([['r2', 1.25]])
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
    const entries = [{ name: 'ä "1"', rootHash: '00', record: bytes }]
    const word = { kind: 'loads' as const, from: 'd', loads: [['r1', 0.5]] as [string, number][] }
    expect(decodeNode(encodeNode(row))).toEqual(row)
    expect(decodeLinks(encodeLinks(links))).toEqual(links)
    expect(decodePack(encodePack(entries))).toEqual(entries)
    expect(decodeWord(encodeWord(word))).toEqual(word)
  })

  it('have no more bytes than is counted for them', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 50 })
    const entry = fc.record({ name: text, rootHash: fc.constant('ab'), record: fc.string({ maxLength: 20 }) })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), entries => {
        const counted = entries.map(packedBytes).reduce((sum, bytes) => sum + bytes, 2)
        expect(encodePack(entries).length).toBeLessThanOrEqual(counted)
      })
    )
  })

  it('are refused where they are of another version, whatever they are', () => {
    const decoders = [decodeNode, decodeLinks, decodePack, decodeWord]
    const { node: _, ...withoutNode } = row
    const other = fc.oneof(
      fc.constant(withoutNode),
      fc.constant({ ...row, reachable: 'x' }),
      fc.constant({ ...row, node: { ...row.node, labels: [1] } }),
      fc.constant([['a', 'b', '%%%']]),
      fc.constant([['a', null]]),
      fc.constant({ kind: 'loads', from: 'd', loads: 3 }),
      fc.constant({ kind: 'other', from: 'd' }),
      fc.jsonValue().filter(value => !(Array.isArray(value) && value.length === 0))
    )
    const bytes = fc.oneof(
      other.map(value => new TextEncoder().encode(JSON.stringify(value))),
      fc.uint8Array()
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom(...decoders), (value, decode) => {
        expect(() => decode(value)).toThrow(MalformedMessageError)
      })
    )
  })
})
