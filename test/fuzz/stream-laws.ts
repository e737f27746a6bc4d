import { once } from 'node:events'
import { connect } from 'node:net'
import { type Stream, StreamMessageEvent, UnsupportedProtocolError } from '@libp2p/interface'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { answerText, HttpServer, pathOf } from '../../src/http/server.ts'
import { ExpectedAnswer } from '../../src/transport/early-protocol.ts'
import { FramedStream, FrameTooLargeError, TruncatedFrameError } from '../../src/transport/framed-stream.ts'
import { MessageGatherer } from '../../src/transport/whole-messages.ts'
import { framesLike, textsLike } from './inputs.ts'
import { law, must, resultOf } from './law.ts'

const MAX_FRAME_BYTES = 300

/** A stream whose peer's bytes the law gives. */
export class FakeStream extends EventTarget {
  status = 'open'
  readStatus = 'readable'
  writeStatus = 'writable'
  aborted: Error | undefined

  pause(): void {
    this.readStatus = 'paused'
  }

  resume(): void {
    this.readStatus = 'readable'
  }

  abort(error: Error): void {
    this.aborted = error
  }
}

/** Bytes in pieces of these lengths, in turn. */
function piecesOf(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = at + lengths[turn % lengths.length]!
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

/** The frames in the bytes, and why no further one can be read. */
function framesIn(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames: Uint8Array[] = []
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < 4) return { frames, error: TruncatedFrameError }
    const end = at + 4 + view.getUint32(at)
    if (end - at - 4 > MAX_FRAME_BYTES) return { frames, error: FrameTooLargeError }
    if (end > bytes.length) return { frames, error: TruncatedFrameError }
    frames.push(bytes.subarray(at + 4, end))
    at = end
  }
  return { frames, error: undefined }
}

const lengths = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 200 })), { minLength: 1 })
const framed = fc
  .array(fc.nat(MAX_FRAME_BYTES), { maxLength: 6 })
  .map(sizes =>
    Buffer.concat(sizes.map(size => Buffer.from([0, 0, size >> 8, size & 255, ...Array(size).keys()])))
  )
const framedInput = fc.oneof(
  framed.map(bytes => Uint8Array.from(bytes)),
  framesLike([Uint8Array.of(0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 1, 4), Uint8Array.of(255, 255, 255, 255)])
)

/** The laws of everything that cuts what comes over a connection into parts. */
export const STREAM_LAWS = [
  law(
    'framed-stream',
    1_500,
    fc.tuple(framedInput, lengths, fc.array(fc.boolean())),
    ([bytes, cuts, pauses]) => {
      const stream = new FakeStream()
      const frames: Uint8Array[] = []
      let reason: Error | undefined
      const reader = new FramedStream(stream as unknown as Stream, {
        maxFrameBytes: MAX_FRAME_BYTES,
        handlers: {
          onFrame: frame => {
            frames.push(frame)
            if (pauses[frames.length % (pauses.length + 1)]) reader.pause()
          },
          onClose: error => {
            reason = error
          }
        }
      })
      for (const piece of piecesOf(bytes, cuts)) {
        stream.dispatchEvent(new StreamMessageEvent(piece))
        reader.resume()
      }
      stream.dispatchEvent(new Event('end'))
      for (let left = bytes.length; left > 0; left -= 4) reader.resume()
      const expected = framesIn(bytes)
      must(Buffer.compare(Buffer.concat(frames), Buffer.concat(expected.frames)) === 0, 'other frames')
      must(frames.length === expected.frames.length, 'frames are cut otherwise')
      must(reason?.constructor === expected.error, `ended by ${reason}`)
    }
  ),
  law('whole-messages', 1_500, fc.tuple(fc.uint8Array({ maxLength: 400 }), lengths), ([bytes, cuts]) => {
    const data = bytes.map((byte, at) => (at % 3 === 0 ? byte & 1 : byte))
    const gatherer = new MessageGatherer()
    const whole = piecesOf(data, cuts).flatMap(piece => [...(gatherer.add(piece) ?? [])])
    let end = 0
    for (let next = end; next <= data.length; next = end + 2 + ((data[end]! << 8) | data[end + 1]!)) {
      end = next
      if (end + 2 > data.length) break
    }
    must(Buffer.compare(Buffer.concat(whole), data.subarray(0, end)) === 0, 'not the whole messages')
  }),
  law('expected-answer', 1_500, fc.tuple(framesLike([Uint8Array.of(1, 2, 3, 4, 5, 6)]), lengths), input => {
    const [bytes, cuts] = input
    const wanted = Uint8Array.of(1, 2, 3, 4)
    const answer = new ExpectedAnswer('/x', wanted)
    const received = new Uint8ArrayList()
    const isWanted = wanted.subarray(0, bytes.length).every((byte, at) => byte === bytes[at])
    const taken = resultOf(() => {
      for (const piece of piecesOf(bytes, cuts)) {
        received.append(piece)
        answer.take(received)
      }
      return true
    }, [UnsupportedProtocolError])
    must((taken ?? false) === isWanted, 'a wrong answer was taken, or the right one refused')
    if (taken)
      must(received.byteLength === Math.max(0, bytes.length - wanted.length), 'other bytes were taken')
  }),
  law(
    'http-request',
    60,
    textsLike(
      [
        'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n',
        'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'
      ],
      [
        '\r\n',
        ' ',
        '/',
        '?',
        '..',
        '%',
        'Content-Length: 99999999999\r\n',
        'Transfer-Encoding: chunked\r\n',
        '\0'
      ]
    ),
    async text => {
      const failures: unknown[] = []
      const server = new HttpServer({ onFailure: error => failures.push(error) })
      server.mount('/metrics', (request, response) => answerText(response, 200, pathOf(request)))
      const url = await server.start({ host: '127.0.0.1', port: 0 })
      try {
        const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
        socket.resume().end(Buffer.from(text, 'latin1'))
        await once(socket, 'close')
        const response = await fetch(`${url}/metrics`)
        must(response.status === 200 && (await response.text()) === '/metrics', 'the server does not go on')
        must(failures.length === 0, 'a handler failed')
      } finally {
        await server.stop()
      }
    }
  )
]
