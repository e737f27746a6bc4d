import { describe, expect, it } from 'vitest'
import { AnabranchError } from '../../src/errors.ts'
import { toHex } from '../../src/protocol/bytes.ts'
import {
  decodeDirectorReply,
  decodeDirectorRequest,
  encodeDirectorReply,
  encodeDirectorRequest
} from '../../src/protocol/director-codec.ts'
import type { DirectorReply, DirectorRequest } from '../../src/protocol/director-messages.ts'
import { readVectors, type Vector } from './vectors.ts'

const vectors = readVectors('director', ['rootHash', 'record', 'pass'])
const [requests, replies] = ['request-', 'reply-'].map(prefix =>
  vectors.filter(({ file }) => file.startsWith(prefix))
)

describe.each([
  ['request', requests!, decodeDirectorRequest, encodeDirectorRequest as (message: unknown) => Uint8Array],
  ['reply', replies!, decodeDirectorReply, encodeDirectorReply as (message: unknown) => Uint8Array]
] as const)('a %s of the test vectors', (_, frames, decode, encode) => {
  const [whole, broken] = [frames.filter(isWhole), frames.filter(vector => !isWhole(vector))]

  it.each(whole)('$file is read and written', ({ frame, message }) => {
    expect(decode(frame)).toEqual(message)
    expect(toHex(encode(message))).toBe(toHex(frame))
  })

  it.each(broken)('$file is refused', ({ frame, malformed }) => {
    expect(malformed).toBeTruthy()
    expect(() => decode(frame)).toThrow(AnabranchError)
  })
})

it('the test vectors have every kind of request and reply', () => {
  const kinds = vectors
    .filter(isWhole)
    .map(({ message }) => (message as DirectorRequest | DirectorReply).kind)
  expect([...new Set(kinds)].sort()).toEqual([
    'answer',
    'catalog',
    'catalogStored',
    'complaint',
    'leave',
    'list',
    'listed',
    'measurements',
    'neighbors',
    'notice',
    'query',
    'register',
    'registered',
    'renew',
    'verdict'
  ])
})

function isWhole({ message }: Vector): boolean {
  return message !== undefined
}
