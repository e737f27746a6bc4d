import { expect, it } from 'vitest'
import { PieceQueue } from '../../../src/client/output/piece-queue.ts'

it('counts what was written as taken once the writer may go on, and not before', async () => {
  const taken: number[] = []
  const pieces = new PieceQueue(bytes => taken.push(bytes))
  const written = pieces.write([new Uint8Array(3), new Uint8Array(4)])
  const reader = pieces[Symbol.asyncIterator]()
  await reader.next()
  expect(taken).toEqual([])
  await reader.next()
  await written
  expect(taken).toEqual([7])
})
