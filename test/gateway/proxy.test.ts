import { once } from 'node:events'
import { Agent, request as ask, type IncomingMessage } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { buffer, text } from 'node:stream/consumers'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished } from 'vitest'
import { NoRouteError } from '../../src/client/route-errors.ts'
import { MemoryContents } from './memory-contents.ts'
import { answersIn, exchange } from './raw-request.ts'
import { serveOrigin, serveProxy } from './serve-proxy.ts'
import { TICKET_TEXT } from './ticket.ts'

const FILM = { bytes: Buffer.from('a film of a holiday') }
const MIB = 1024 * 1024

const films = () => new MemoryContents({ 'films/a b.mkv': FILM, 'my.films/x/y.txt': FILM, 'film.mkv': FILM })

/** Asks a proxy for a URL. */
async function get(port: number, url: string, headers: Record<string, string> = {}) {
  return await askFor(port, url, { headers })
}

async function askFor(
  port: number,
  url: string,
  {
    method = 'GET',
    headers = {},
    body
  }: { method?: string; headers?: Record<string, string>; body?: string } = {}
) {
  const { host } = new URL(url)
  const asked = ask({ host: '127.0.0.1', port, method, path: url, headers: { host, ...headers } }).end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

describe('a host of contents', () => {
  it('is the first part of a name, or none of it', async () => {
    const { port } = await serveProxy(films())
    const urls = [
      'http://films.anabranch/a%20b.mkv',
      'http://anabranch/films/a%20b.mkv',
      'http://My.Films.anabranch:8080/x/y.txt',
      'http://film.mkv.anabranch/',
      'http://film.mkv.anabranch',
      `http://anabranch/id/${MemoryContents.idOf(FILM)}`
    ]
    for (const url of urls) {
      const { status, headers, body } = await get(port, url)
      expect([url, status, body]).toEqual([url, 200, 'a film of a holiday'])
      expect(headers.etag).toBe(`"${MemoryContents.idOf(FILM)}"`)
    }
  })

  it('answers as a gateway does', async () => {
    const { port } = await serveProxy(films())
    const url = 'http://films.anabranch/a%20b.mkv'
    const part = await get(port, url, { range: 'bytes=2-5' })
    expect([part.status, part.body]).toEqual([206, 'film'])
    expect((await get(port, url, { range: 'bytes=99-' })).status).toBe(416)
    expect((await get(port, `${url}?download=1`)).headers['content-disposition']).toMatch(/^attachment/)
    expect((await askFor(port, url, { method: 'PUT', body: 'x' })).status).toBe(405)
    const missing = await get(port, 'http://films.anabranch/none')
    expect([missing.status, JSON.parse(missing.body).code]).toEqual([404, 'ERR_CONTENT_NOT_FOUND'])
  })

  it('shows the pages of all folders under one address, where their links fit', async () => {
    const { port } = await serveProxy(films())
    const folder = await get(port, 'http://films.anabranch/')
    expect([folder.status, folder.headers.location]).toEqual([302, 'http://anabranch/films/'])
    expect((await get(port, 'http://anabranch/films/')).body).toContain('href="/films/a%20b.mkv"')
    const failure = await get(port, 'http://films.anabranch/none', { accept: 'text/html' })
    expect(failure.body).toContain('href="http://anabranch/"')
  })

  it('does nothing for pages of other sites of which a browser tells', async () => {
    const contents = films()
    const { port } = await serveProxy(contents, { 'http://films.example/': 'films/' })
    const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
    for (const host of ['films.anabranch', 'films.example'])
      expect((await get(port, `http://${host}/a%20b.mkv`, image)).status).toBe(403)
    expect(contents.found).toEqual([])
  })

  it('takes no ticket, as browsers do not say here which page asks', async () => {
    const contents = films()
    const { port, url } = await serveProxy(contents)
    expect((await get(port, `http://anabranch/ticket/${TICKET_TEXT}`)).status).toBe(403)
    expect((await get(port, `http://ticket.anabranch/${TICKET_TEXT}`)).status).toBe(404)
    expect(contents.found.filter(([reference]) => 'ticket' in reference)).toEqual([])
    expect((await fetch(`${url}/ticket/${TICKET_TEXT}`)).status).toBe(200)
  })
})

describe('a mapped URL', () => {
  it('comes from the contents, with all that a gateway says of them', async () => {
    const contents = films()
    const { port } = await serveProxy(contents, { 'http://films.example/all/': 'films/' })
    const { status, headers, body } = await get(port, 'http://films.example/all/a%20b.mkv?x=1')
    expect([status, body, headers['x-anabranch']]).toEqual([200, 'a film of a holiday', 'overlay'])
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'video/x-matroska' })
    const part = await get(port, 'http://films.example/all/a%20b.mkv', { range: 'bytes=-7' })
    expect([part.status, part.body]).toEqual([206, 'holiday'])
  })

  it('comes from its server where nobody has the content, or it cannot be found out', async () => {
    const origin = await serveOrigin((request, response) => response.end(`${request.method} ${request.url}`))
    const contents = films()
    const { port, failures } = await serveProxy(contents, { [`${origin.url}/all/`]: 'films/' })
    const fallen = await get(port, `${origin.url}/all/none?x=1`)
    expect(fallen).toMatchObject({
      status: 200,
      body: 'GET /all/none?x=1',
      headers: { 'x-anabranch': 'origin' }
    })
    expect(failures).toEqual([])
    const error = new NoRouteError('nobody answers')
    contents.find = () => Promise.reject(error)
    expect((await get(port, `${origin.url}/all/a%20b.mkv`)).body).toBe('GET /all/a%20b.mkv')
    expect(failures).toEqual([error])
  })

  it('goes to its server with what changes it, and so do the folders', async () => {
    const origin = await serveOrigin((request, response) => response.end(`${request.method} ${request.url}`))
    const contents = films()
    const { port } = await serveProxy(contents, { [`${origin.url}/`]: 'films/' })
    const posted = await askFor(port, `${origin.url}/a%20b.mkv`, { method: 'POST', body: 'x' })
    expect(posted).toMatchObject({ body: 'POST /a%20b.mkv', headers: { 'x-anabranch': 'origin' } })
    expect((await get(port, `${origin.url}/`)).body).toBe('GET /')
    expect(contents.found).toEqual([])
  })

  it('is broken off where its content breaks off', async () => {
    const contents = new MemoryContents({
      a: {
        ...FILM,
        reading: async function* (bytes) {
          yield bytes.subarray(0, 5)
          throw new NoRouteError('all routes are lost')
        }
      }
    })
    const { port, failures } = await serveProxy(contents, {
      'http://a.example/': 'a/',
      'http://a.example/a': 'a'
    })
    await expect(get(port, 'http://a.example/a')).rejects.toThrow('aborted')
    expect(failures).toHaveLength(1)
  })
})

describe('any other URL', () => {
  it('goes to its server, and both get what is meant for them', async () => {
    const origin = await serveOrigin((request, response) => {
      response.writeHead(207, 'Much', [
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Connection', 'x-hop', 'X-Hop', 'x', 'X-End', 'y']
      ])
      request.pipe(response)
    })
    const { port } = await serveProxy(films())
    const sent = [
      `PUT ${origin.url}/a%2fb/./?q=1&q HTTP/1.1`,
      'Host: elsewhere.example',
      'Connection: close, X-Mine',
      'X-Mine: hop',
      'X-End: end',
      'Proxy-Authorization: Basic c2VjcmV0',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'Upgrade: h2c',
      'Content-Length: 4',
      '',
      'body'
    ]
    const [answer] = answersIn(await exchange(port, sent.join('\r\n')), ['PUT'])
    const [request] = origin.requests
    expect([request!.method, request!.url]).toEqual(['PUT', '/a%2fb/./?q=1&q'])
    expect(request!.headers).toEqual({
      ...{ host: origin.host, connection: 'close', 'content-length': '4', 'x-end': 'end' },
      via: '1.1 anabranch'
    })
    expect(answer!.status).toBe(207)
    expect(answer!.headers).toMatchObject({ 'x-end': 'y', via: '1.1 anabranch' })
    expect(answer!.headers).not.toHaveProperty('x-hop')
    expect(answer!.headers).not.toHaveProperty('x-anabranch')
    const { headers } = await get(port, origin.url)
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
  })

  it('sends a body on in the way in which it came', async () => {
    const origin = await serveOrigin(async (request, response) => {
      const { 'content-length': length = '-', 'transfer-encoding': coding = '-' } = request.headers
      response.end(`${length} ${coding} ${await text(request)}`)
    })
    const { port } = await serveProxy(films())
    const chunked = { 'transfer-encoding': 'chunked' }
    const ways = [
      [await askFor(port, origin.url, { method: 'POST', body: 'x', headers: chunked }), '- chunked x'],
      [await askFor(port, origin.url, { method: 'DELETE', body: 'x', headers: chunked }), '- chunked x'],
      [
        await askFor(port, origin.url, { method: 'POST', body: 'x', headers: { 'content-length': '1' } }),
        '1 - x'
      ],
      [await askFor(port, origin.url, { method: 'POST' }), '0 - '],
      [await get(port, origin.url), '- - ']
    ] as const
    for (const [{ body }, expected] of ways) expect(body).toBe(expected)
    const head = await askFor(port, origin.url, { method: 'HEAD' })
    expect([head.status, head.body]).toEqual([200, ''])
  })

  it('may be answered before all of a body is there, and so is the next one', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write('HTTP/1.1 413 x\r\nContent-Length: 8\r\n\r\ntoo much'))
      socket.once('data', () => socket.pause())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    const { port } = await serveProxy(films())
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const statuses: unknown[] = []
    for (let at = 0; at < 3; at++) {
      const body = Buffer.alloc(4 * MIB)
      const asked = ask({ agent, host: '127.0.0.1', port, method: 'POST', path: url }).end(body)
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      statuses.push([answer.statusCode, await text(answer)])
    }
    expect(statuses).toEqual(Array(3).fill([413, 'too much']))
  })

  it('comes no faster than it is read, and goes no faster than it is taken', async () => {
    let sent = 0
    const isGone = Promise.withResolvers<void>()
    const origin = await serveOrigin((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(MIB))) sent += MIB
      }
      response.on('drain', more).on('close', isGone.resolve)
      more()
    })
    const { port } = await serveProxy(films())
    const asked = ask({ host: '127.0.0.1', port, path: origin.url }).end()
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    let taken = 0
    let ahead = 0
    for await (const chunk of answer) {
      taken += chunk.byteLength
      ahead = Math.max(ahead, sent - taken)
      if (taken > 64 * MIB) break
    }
    expect(ahead).toBeLessThan(32 * MIB)
    await isGone.promise
  })

  it('is answered with what went wrong where its server does not answer', async () => {
    const { port, failures } = await serveProxy(films())
    const silent = createServer(socket => socket.destroy()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port: lost } = silent.address() as { port: number }
    const cut = await get(port, `http://127.0.0.1:${lost}/`)
    expect([cut.status, JSON.parse(cut.body)]).toEqual([
      502,
      {
        code: 'ERR_ORIGIN_FAILED',
        message: `There is no answer from 127.0.0.1:${lost} (ECONNRESET)`,
        remedy: 'check the address, and that its server runs'
      }
    ])
    silent.close()
    await once(silent, 'close')
    const page = await get(port, `http://127.0.0.1:${lost}/`, { accept: 'text/html' })
    expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8'])
    const posted = await askFor(port, `http://127.0.0.1:${lost}/`, { method: 'POST', body: 'x'.repeat(MIB) })
    expect(posted.status).toBe(502)
    expect((await get(port, 'http://name.invalid/')).status).toBe(502)
    expect(failures).toHaveLength(4)
  })

  it('is broken off where its server breaks off', async () => {
    const origin = await serveOrigin((_, response) => {
      response.writeHead(200, { 'content-length': 10 }).write('x')
      response.socket!.destroySoon()
    })
    const { port } = await serveProxy(films())
    await expect(get(port, origin.url)).rejects.toThrow('aborted')
  })

  it('is refused where it means nothing to a proxy', async () => {
    const { port } = await serveProxy(films())
    for (const url of [
      'https://a.example/',
      'http://me:word@a.example/',
      'http://a.example:x/',
      'http://[::1/'
    ]) {
      const line = `GET ${url} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`
      const [answer] = answersIn(await exchange(port, line), ['GET'])
      expect([url, answer!.status]).toEqual([url, 400])
    }
  })
})

describe('a tunnel', () => {
  /** Runs a server that says back what it is told, and one word when all is told. */
  async function serveEcho() {
    const sockets: Socket[] = []
    const server = createServer({ allowHalfOpen: true }, socket => {
      sockets.push(socket)
      socket.on('error', () => {}).on('end', () => socket.end('end'))
      socket.pipe(socket, { end: false })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    return { sockets, port: (server.address() as { port: number }).port }
  }

  it('hands on what comes, either way, to the end of each', async () => {
    const echo = await serveEcho()
    const { port } = await serveProxy(films())
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.end(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\nHost: x\r\n\r\n\x00\x01 is no HTTP`)
    const got = await text(socket)
    expect(got).toBe('HTTP/1.1 200 Connection established\r\n\r\n\x00\x01 is no HTTPend')
  })

  it('ends on both sides when one of them breaks, and when the proxy stops', async () => {
    const echo = await serveEcho()
    const { port, proxy } = await serveProxy(films())
    const open = async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\n\r\n`)
      await once(socket, 'data')
      return socket
    }
    const first = await open()
    echo.sockets[0]!.resetAndDestroy()
    await once(first, 'close')
    const second = await open()
    second.resetAndDestroy()
    await once(echo.sockets[1]!, 'close')
    const third = await open()
    await Promise.all([once(third, 'close'), proxy.stop()])
    if (!echo.sockets[2]!.destroyed) await once(echo.sockets[2]!, 'close')
  })

  it('is refused with what went wrong', async () => {
    const { port } = await serveProxy(films())
    const statusOf = async (target: string) => {
      const [answer] = answersIn(await exchange(port, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`), [''])
      return [answer!.status, JSON.parse(answer!.body.toString()).code]
    }
    expect(await statusOf('name.invalid:443')).toEqual([502, 'ERR_ORIGIN_FAILED'])
    expect(await statusOf('a.example:x')).toEqual([400, 'ERR_REQUEST_TARGET'])
  })

  it('ends at the proxy where that answers for what is at its other end', async () => {
    const contents = films()
    const { port } = await serveProxy(contents, { 'http://films.example/': 'films/' })
    const through = async (target: string, path: string) => {
      const request = `GET ${path} HTTP/1.1\r\nHost: ${target}\r\n`
      const sent = `CONNECT ${target} HTTP/1.1\r\n\r\n${request}\r\n${request}Connection: close\r\n\r\n`
      const [, ...answers] = answersIn(await exchange(port, sent), ['HEAD', 'GET', 'GET'])
      return answers.map(({ status, body }) => [status, body.toString()])
    }
    const twice = Array(2).fill([200, 'a film of a holiday'])
    expect(await through('films.example:80', '/a%20b.mkv')).toEqual(twice)
    expect(await through('films.anabranch:80', '/a%20b.mkv')).toEqual(twice)
    expect(await through(`127.0.0.1:${port}`, '/films/a%20b.mkv')).toEqual(twice)
  })
})

describe('what is asked of the proxy itself', () => {
  it('is answered as by a gateway, also where it is asked for as of a proxy', async () => {
    const { port, url } = await serveProxy(films())
    expect(await (await fetch(`${url}/films/a%20b.mkv`)).text()).toBe('a film of a holiday')
    for (const host of ['127.0.0.1', 'localhost', '127.0.0.2'])
      expect((await get(port, `http://${host}:${port}/film.mkv`)).body).toBe('a film of a holiday')
    const foreign = await exchange(port, 'GET /film.mkv HTTP/1.0\r\nHost: evil.example\r\n\r\n')
    expect(answersIn(foreign, ['GET'])[0]!.status).toBe(421)
  })

  it('leads browsers to it for contents alone', async () => {
    const { port, url } = await serveProxy(films(), { 'http://films.example:81/': 'films/' })
    const response = await fetch(`${url}/proxy.pac`)
    expect(response.headers.get('content-type')).toBe('application/x-ns-proxy-autoconfig')
    const pac = await response.text()
    const find = (to: string) =>
      runInNewContext(
        `${pac};FindProxyForURL(${JSON.stringify(to)}, ${JSON.stringify(new URL(to).hostname)})`
      )
    expect(find('http://films.example:81/x')).toBe(`PROXY 127.0.0.1:${port}; DIRECT`)
    expect(find('http://films.anabranch/x')).toBe(`PROXY 127.0.0.1:${port}`)
    expect(find('http://anabranch/')).toBe(`PROXY 127.0.0.1:${port}`)
    for (const other of [
      'https://films.example/',
      'http://a.example/',
      'http://myanabranch/',
      'http://toString/'
    ])
      expect(find(other)).toBe('DIRECT')
    const foreign = await exchange(port, 'GET /proxy.pac HTTP/1.0\r\nHost: evil.example\r\n\r\n')
    expect(answersIn(foreign, ['GET'])[0]!.status).toBe(421)
  })
})

it('brings clients of other hosts contents alone, and what their servers have in their place', async () => {
  const outside = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const address = outside.find(({ internal, family }) => !internal && family === 'IPv4')?.address
  expect(address, 'this host has an address besides loopback').toBeDefined()
  const origin = await serveOrigin((request, response) => response.end(request.url))
  const { port } = await serveProxy(films(), { [`${origin.url}/all/`]: 'films/' }, '0.0.0.0')
  const statusOf = async (line: string) => {
    const socket = connect({ port, host: address! })
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    const [answer] = answersIn(await buffer(socket), ['GET'])
    return answer!.status
  }
  expect(await statusOf('GET http://films.anabranch/a%20b.mkv')).toBe(200)
  expect(await statusOf(`GET ${origin.url}/all/a%20b.mkv`)).toBe(200)
  expect(await statusOf(`GET ${origin.url}/all/none`)).toBe(200)
  expect(await statusOf(`POST ${origin.url}/all/none`)).toBe(403)
  expect(await statusOf(`GET ${origin.url}/other`)).toBe(403)
  expect(await statusOf(`GET ${origin.url}/all/../other`)).toBe(403)
  expect(await statusOf('CONNECT a.example:443')).toBe(403)
  expect(origin.requests).toHaveLength(1)
})
