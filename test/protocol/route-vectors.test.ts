import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Pattern } from '../../src/pattern/pattern.ts'
import { concatBytes, fromHex, toHex } from '../../src/protocol/bytes.ts'
import {
  decodeRequest,
  decodeRouteMessage,
  encodeRequest,
  encodeRouteFrame,
  forwardedOpen
} from '../../src/protocol/route-codec.ts'
import { KINDS } from '../../src/protocol/route-kinds.ts'
import type { Request, RouteMessage } from '../../src/protocol/route-messages.ts'
import { RouteSeal } from '../../src/protocol/route-seal.ts'
import { sessionIdOf } from '../../src/protocol/seal.ts'
import { readVectors, type Vector } from './vectors.ts'

const BYTES = ['sessionId', 'record', 'payload', 'leaves', 'proof', 'padding', 'rootHash', 'pass']
const vectors = readVectors('route', BYTES)
const requests = vectors.filter(({ file }) => file.startsWith('request'))
const frames = vectors.filter(vector => !requests.includes(vector))

/** The message of a vector as the codec has it: patterns are text in the file, and a request is hex. */
function messageOf({ message, file }: Vector): RouteMessage {
  if (!message) throw new Error(`${file} holds no message`)
  return asCoded(message) as RouteMessage
}

function asCoded(value: unknown, key = ''): unknown {
  if (key === 'pattern') return Pattern.parse(value as string)
  if (['request', 'bytes', 'secret'].includes(key) && typeof value === 'string')
    return Uint8Array.from(Buffer.from(value, 'hex'))
  if (Array.isArray(value)) return value.map(item => asCoded(item))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asCoded(field, name)]))
}

describe('a frame of the test vectors', () => {
  const whole = frames.filter(({ message }) => message !== undefined)

  it.each(whole)('$file is read and written', vector => {
    expect(decodeRouteMessage(vector.frame)).toEqual(messageOf(vector))
    expect(toHex(encodeRouteFrame(messageOf(vector)))).toBe(toHex(vector.frame))
  })

  it.each(frames.filter(({ malformed }) => malformed))('$file is refused', ({ frame }) => {
    expect(() => decodeRouteMessage(frame)).toThrow('malformed')
  })

  it.each(frames.filter(({ file }) => file.startsWith('skipped-')))('$file is skipped', ({ frame }) => {
    expect(decodeRouteMessage(frame)).toBeUndefined()
  })

  it('is there of every kind', () => {
    const kinds = whole.map(vector => messageOf(vector).kind)
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(KINDS).sort())
  })
})

it.each(requests)('$file of the test vectors is read and written', vector => {
  const request = asCoded((vector as Vector & { request: unknown }).request) as Request
  expect(decodeRequest(vector.frame)).toEqual(request)
  expect(toHex(encodeRequest(request))).toBe(toHex(vector.frame))
})

it('the open of the test vectors is forwarded as the one at the source', () => {
  const frameOf = (name: string) => frames.find(({ file }) => file === name)!.frame
  expect(toHex(forwardedOpen(frameOf('open')))).toBe(toHex(frameOf('open-at-source')))
})

it('the frames in docs/protocol.md are those of the test vectors, each behind its length', () => {
  const docs = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
  const example = docs.slice(docs.indexOf('## An example in hex'))
  for (const name of ['open', 'segment', 'control']) {
    const block = new RegExp(`^\`\`\`hex ${name}\n(.*?)^\`\`\``, 'ms').exec(example)![1]!
    const hex = block.replace(/ {2,}.*$/gm, '').replace(/\s/g, '')
    const { frame } = frames.find(({ file }) => file === name)!
    expect(hex).toBe(frame.byteLength.toString(16).padStart(8, '0') + toHex(frame))
  }
})

it('seals the frames of a route as the test vectors have it, and opens them', () => {
  const file = new URL('vectors/sealed-route.json', import.meta.url)
  const { secret, sessionId, route, opening, salt, frames } = JSON.parse(readFileSync(file, 'utf8'))
  const sealed = { secret: fromHex(secret), route, opening }
  expect(toHex(sessionIdOf(sealed.secret))).toBe(sessionId)
  const ends = { client: new RouteSeal(sealed), source: new RouteSeal(sealed, fromHex(salt)) }
  for (const frame of frames as { from: 'client' | 'source'; clear: string; sealed: string }[]) {
    const message = decodeRouteMessage(fromHex(frame.clear))!
    expect(toHex(concatBytes(ends[frame.from].encode(message)))).toBe(frame.sealed)
    expect(ends[frame.from === 'client' ? 'source' : 'client'].decode(fromHex(frame.sealed))).toEqual(message)
  }
})
