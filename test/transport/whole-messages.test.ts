import { Uint8ArrayList } from 'uint8arraylist'
import { describe, expect, it } from 'vitest'
import { MessageGatherer, readWholeMessages } from '../../src/transport/whole-messages.ts'

const message = (bytes: number, fill: number) =>
  Uint8Array.of(bytes >> 8, bytes & 255, ...new Uint8Array(bytes).fill(fill))

/** What comes out of a gatherer that is given `data` in pieces of `pieceBytes`. */
function gathered(data: Uint8Array, pieceBytes: number): Uint8Array[] {
  const gatherer = new MessageGatherer()
  const out: Uint8Array[] = []
  for (let at = 0; at < data.byteLength; at += pieceBytes) {
    out.push(...(gatherer.add(data.subarray(at, at + pieceBytes)) ?? []))
  }
  return out
}

describe('MessageGatherer', () => {
  const messages = [300, 1, 0, 700, 2, 255, 256, 65_535, 5].map(message)
  const data = Buffer.concat(messages)

  it.each([1, 2, 3, 299, 302, 1000, 40_000, data.byteLength])('loses nothing, %i bytes at a time', bytes => {
    expect(Buffer.compare(Buffer.concat(gathered(data, bytes)), data)).toBe(0)
  })

  it('tells of a message once its last byte is here, and of it in one piece', () => {
    const gatherer = new MessageGatherer()
    const [first, second] = [message(1000, 1), message(500, 2)]
    expect(gatherer.add(first.subarray(0, 1))).toBeUndefined()
    expect(gatherer.add(first.subarray(1, 400))).toBeUndefined()
    expect(gatherer.add(first.subarray(400, 1001))).toBeUndefined()
    const ready = [...gatherer.add(Buffer.concat([first.subarray(1001), second, second.subarray(0, 9)]))!]
    expect(ready.map(piece => piece.byteLength)).toEqual([first.byteLength, second.byteLength])
    expect([...gatherer.add(second.subarray(9))!].map(piece => Buffer.compare(piece, second))).toEqual([0])
  })

  it('copies nothing of what comes whole', () => {
    const [piece] = [...new MessageGatherer().add(data)!]
    expect(piece!.buffer).toBe(data.buffer)
    expect(piece!.byteLength).toBe(data.byteLength)
  })
})

describe('readWholeMessages', () => {
  it('begins with what came right behind the handshake, wherever that ends', () => {
    const [first, second, third] = [message(100, 1), message(0, 0), message(200, 2)]
    const heard: number[][] = []
    const decode = (_: Uint8ArrayList): Iterable<Uint8ArrayList> => []
    const encrypted = { decoder: { buffer: new Uint8ArrayList(first.subarray(0, 50)), decode } }
    const connection = {
      readBuffer: new Uint8ArrayList(first.subarray(50), second, third.subarray(0, 1)),
      onData: (data: Uint8Array | Uint8ArrayList) => {
        heard.push([...encrypted.decoder.decode(new Uint8ArrayList(data))].map(each => each.byteLength))
      }
    }
    readWholeMessages(connection, encrypted)
    connection.onData(third.subarray(1))
    expect(heard.flat()).toEqual([100, 200])
    expect([encrypted.decoder.buffer.byteLength, connection.readBuffer.byteLength]).toEqual([0, 0])
  })
})
