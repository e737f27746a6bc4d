import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { PieceQueue } from '../../../src/client/output/piece-queue.ts'

it('lets the writer go on once all that it wrote is taken, and not before', async () => {
  const pieces = new PieceQueue()
  let isTaken = false
  const written = pieces.write([new Uint8Array(3), new Uint8Array(4)]).then(() => {
    isTaken = true
  })
  const reader = pieces[Symbol.asyncIterator]()
  await reader.next()
  await setImmediate()
  expect(isTaken).toBe(false)
  await reader.next()
  await written
})
