import { expect, it } from 'vitest'
import { GATEWAY_LIMITS } from '../../src/gateway/limits.ts'
import { MemoryContents } from './memory-contents.ts'
import { serve } from './serve.ts'

const { mediaAnswerBytes } = GATEWAY_LIMITS
const SIZE_BYTES = 2 * mediaAnswerBytes + 100
const BYTES = Buffer.alloc(SIZE_BYTES, 'film')

/** The status, the range that is named and the bytes that somebody gets who asks for this. */
async function answer(headers: Record<string, string>) {
  const { url } = await serve(new MemoryContents({ 'a.mp4': { bytes: BYTES } }))
  const response = await fetch(`${url}/a.mp4`, { headers })
  const length = (await response.arrayBuffer()).byteLength
  return { status: response.status, range: response.headers.get('content-range'), length }
}

it.each(['video', 'audio'])('gives %s elements a long range bit by bit', async destination => {
  const asking = { 'sec-fetch-dest': destination, 'sec-fetch-site': 'same-origin' }
  expect(await answer({ ...asking, range: 'bytes=5-' })).toEqual({
    status: 206,
    range: `bytes 5-${mediaAnswerBytes + 4}/${SIZE_BYTES}`,
    length: mediaAnswerBytes
  })
  expect(await answer({ ...asking, range: 'bytes=-100' })).toEqual({
    status: 206,
    range: `bytes ${SIZE_BYTES - 100}-${SIZE_BYTES - 1}/${SIZE_BYTES}`,
    length: 100
  })
  expect(await answer(asking)).toEqual({ status: 200, range: null, length: SIZE_BYTES })
})

it.each<Record<string, string>>([{}, { 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }])(
  'gives all others the whole of it: %j',
  async asking => {
    expect(await answer({ ...asking, range: 'bytes=5-' })).toMatchObject({ length: SIZE_BYTES - 5 })
  }
)
