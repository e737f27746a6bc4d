import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { NoRouteError, RoutesRefusedError } from '../../src/client/route-errors.ts'
import {
  ContentNotFoundError,
  DirectorContradictionError,
  DirectorRefusedError,
  DirectorTimeoutError,
  DirectorUnreachableError,
  TokenExposedError
} from '../../src/discovery/director-errors.ts'
import { WireStatus } from '../../src/errors.ts'
import { GATEWAY_LIMITS } from '../../src/gateway/limits.ts'
import { type MemoryContent, MemoryContents, type Reading } from './memory-contents.ts'
import { answersIn, exchange } from './raw-request.ts'
import { serve } from './serve.ts'

const MIB = 1024 * 1024

/** A gateway whose contents cannot be found for this reason. */
async function failing(error: unknown) {
  const contents = new MemoryContents({})
  contents.find = () => Promise.reject(error)
  return await serve(contents)
}

/** A gateway with one content, `/a`, that is read in this way. */
async function reading(read: Reading, content: Partial<MemoryContent> = {}) {
  const contents = new MemoryContents({ a: { bytes: Buffer.alloc(1000), reading: read, ...content } })
  return { contents, ...(await serve(contents)) }
}

/** Resolves when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

it('answers with the status that says whose fault it is', async () => {
  const statuses: [unknown, number][] = [
    [new ContentNotFoundError('no source has it'), 404],
    [new ContentNotFoundError('no source has it', true), 503],
    [new DirectorRefusedError(WireStatus.notAdmitted, 'you may not ask'), 403],
    [new DirectorRefusedError(WireStatus.refusedRate, 'too many questions'), 503],
    [new RoutesRefusedError('all relays are full'), 503],
    [new DirectorUnreachableError([]), 502],
    [new NoRouteError('nobody answers'), 502],
    [new DirectorContradictionError('another name'), 502],
    [new DirectorTimeoutError(10_000), 504],
    [new TokenExposedError('192.0.2.7:4001'), 500],
    [new TypeError('x is not a function'), 500]
  ]
  for (const [error, status] of statuses) {
    const { url, failures } = await failing(error)
    const response = await fetch(`${url}/a`)
    expect([error, response.status]).toEqual([error, status])
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(failures).toEqual(status < 500 ? [] : [error])
  }
})

it('tells programs the code of an error, what is wrong and what to do', async () => {
  const { url } = await failing(new NoRouteError('nobody answers; check that the relays run'))
  const response = await fetch(`${url}/a`)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({
    code: 'ERR_NO_ROUTE',
    message: 'No route to the source: nobody answers',
    remedy: 'check that the relays run'
  })
})

it('keeps to itself what an error of its own says', async () => {
  const { url } = await failing(new TypeError('secret'))
  expect(await (await fetch(`${url}/a`)).json()).toEqual({
    code: 'ERR_INTERNAL',
    message: 'The gateway failed'
  })
})

it('sends the head of an answer before there is anything of its body', async () => {
  const gate = Promise.withResolvers<void>()
  const { url } = await reading(async function* (bytes) {
    await gate.promise
    yield bytes
  })
  const response = await fetch(`${url}/a`)
  expect(response.headers.get('content-length')).toBe('1000')
  gate.resolve()
  expect((await response.arrayBuffer()).byteLength).toBe(1000)
})

it('breaks an answer off whose content fails or is not as long as was said', async () => {
  const readings: Reading[] = [
    async function* (bytes) {
      yield bytes.subarray(0, 10)
      throw new NoRouteError('all routes are lost')
    },
    async function* (bytes) {
      yield bytes.subarray(0, 10)
    },
    async function* (bytes) {
      yield bytes.subarray(0, 10)
      yield bytes
    }
  ]
  for (const read of readings) {
    const { url, failures } = await reading(read)
    const body = fetch(`${url}/a`).then(response => response.arrayBuffer())
    await expect(body).rejects.toThrow()
    expect(failures).toHaveLength(1)
  }
})

it('breaks a live content off so that its reader sees that something is missing', async () => {
  const read: Reading = async function* () {
    yield Buffer.from('live')
    throw new NoRouteError('all routes are lost')
  }
  const { url } = await reading(read, { isLive: true })
  await expect(fetch(`${url}/a`).then(response => response.text())).rejects.toThrow()
})

it('ends a reading at once when its reader goes, and calls that no failure', async () => {
  const started = Promise.withResolvers<AbortSignal>()
  const { url, failures } = await reading(async function* (bytes, signal) {
    yield bytes.subarray(0, 10)
    started.resolve(signal)
    await aborted(signal)
    signal.throwIfAborted()
  })
  const leave = new AbortController()
  await fetch(`${url}/a`, { signal: leave.signal })
  const signal = await started.promise
  leave.abort()
  await aborted(signal)
  expect(failures).toEqual([])
})

it('ends a search at once when its reader goes', async () => {
  const contents = new MemoryContents({})
  const asked = Promise.withResolvers<AbortSignal>()
  contents.find = async (_, { signal }) => {
    asked.resolve(signal)
    await aborted(signal)
    throw signal.reason
  }
  const { url } = await serve(contents)
  const leave = new AbortController()
  const response = fetch(`${url}/a`, { signal: leave.signal })
  const signal = await asked.promise
  leave.abort()
  await expect(response).rejects.toThrow()
  await aborted(signal)
})

it('reads no further ahead of a slow reader than buffers of the system hold', async () => {
  let produced = 0
  const size = 64 * MIB
  const { url } = await reading(
    async function* (bytes) {
      for (; produced < size; produced += MIB) yield bytes.subarray(produced, produced + MIB)
    },
    { bytes: Buffer.alloc(size) }
  )
  let [consumed, ahead] = [0, 0]
  for await (const chunk of (await fetch(`${url}/a`)).body!) {
    ahead = Math.max(ahead, produced - consumed)
    consumed += chunk.byteLength
  }
  expect(consumed).toBe(size)
  expect(ahead).toBeLessThan(size / 2)
})

it('begins with a request only when the one before it on its connection is answered', async () => {
  const gate = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const { contents, port } = await reading(async function* (bytes) {
    started.resolve()
    await gate.promise
    yield bytes
  })
  const socket = connect(port, '127.0.0.1')
  const request = 'GET /a HTTP/1.1\r\nHost: localhost\r\n'
  socket.write(`${request}\r\n${request}Connection: close\r\n\r\n`)
  await started.promise
  expect(contents.found).toHaveLength(1)
  gate.resolve()
  socket.resume()
  await once(socket, 'close')
  expect(contents.found).toHaveLength(2)
})

it('closes a connection with too many requests ahead of their answers', async () => {
  const { contents, url, port } = await reading(async function* (_, signal) {
    await aborted(signal)
    yield* []
  })
  const socket = connect(port, '127.0.0.1')
  socket.resume().on('error', () => {})
  socket.write('GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(GATEWAY_LIMITS.maxWaitingRequests + 2))
  await once(socket, 'close')
  for (const { signal } of contents.reads) await aborted(signal)
  expect(contents.found.length).toBeLessThan(2)
  expect((await fetch(`${url}/a`, { method: 'HEAD' })).status).toBe(200)
})

it('is no failure of the gateway when a request is of another version of HTTP', async () => {
  const { port, failures } = await serve(new MemoryContents({}))
  const [answer] = answersIn(await exchange(port, 'GET /film.mkv HTTP/2.0\r\nHost: localhost\r\n\r\n'), [
    'GET'
  ])
  expect(answer?.status).toBe(505)
  expect(failures).toEqual([])
})
