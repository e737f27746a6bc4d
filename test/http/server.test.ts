import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { HTTP_LIMITS } from '../../src/http/limits.ts'
import { answerText, type HttpHandler, HttpServer, pathOf } from '../../src/http/server.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }

async function serve(handlers: Record<string, HttpHandler>) {
  const failures: unknown[] = []
  const server = new HttpServer({ onFailure: error => failures.push(error) })
  for (const [path, handler] of Object.entries(handlers)) server.mount(path, handler)
  const url = await server.start(LOOPBACK)
  onTestFinished(() => server.stop())
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return [response.status, await response.text()]
  }
  return { server, url, failures, get }
}

const say =
  (text: string): HttpHandler =>
  (request, response) =>
    answerText(response, 200, `${text} ${pathOf(request)}`)

it('leads each path to what is mounted there, and a folder to all below it', async () => {
  const { get } = await serve({ '/metrics': say('metrics'), '/pages/': say('pages'), '/pages/a/': say('a') })
  expect(await get('/metrics')).toEqual([200, 'metrics /metrics'])
  expect(await get('/metrics?x=/pages/')).toEqual([200, 'metrics /metrics'])
  expect(await get('/pages/')).toEqual([200, 'pages /pages/'])
  expect(await get('/pages/b/c')).toEqual([200, 'pages /pages/b/c'])
  expect(await get('/pages/a/b')).toEqual([200, 'a /pages/a/b'])
})

it('knows nothing of other paths', async () => {
  const { get } = await serve({ '/metrics': say('metrics'), '/pages/': say('pages') })
  for (const path of ['/', '/metrics/', '/metric', '/pages', '/constructor'])
    expect(await get(path)).toEqual([404, 'not found\n'])
})

it('leads all that nothing else is mounted for to the root', async () => {
  const { get } = await serve({ '/': say('root'), '/metrics': say('metrics') })
  expect(await get('/')).toEqual([200, 'root /'])
  expect(await get('/a/b')).toEqual([200, 'root /a/b'])
  expect(await get('/metrics')).toEqual([200, 'metrics /metrics'])
})

it('goes on after a handler has failed, and tells why', async () => {
  const failure = new Error('broken')
  const { get, failures } = await serve({
    '/sync': () => {
      throw failure
    },
    '/async': async () => {
      throw failure
    },
    '/fine': say('fine')
  })
  expect(await get('/sync')).toEqual([500, 'the server failed\n'])
  expect(await get('/async')).toEqual([500, 'the server failed\n'])
  expect(failures).toEqual([failure, failure])
  expect(await get('/fine')).toEqual([200, 'fine /fine'])
})

it('breaks off an answer whose handler failed when it had begun', async () => {
  const { url, failures } = await serve({
    '/half': (_, response) => {
      response.writeHead(200).write('half')
      throw new Error('broken')
    }
  })
  const response = await fetch(`${url}/half`).catch(() => undefined)
  if (response) await expect(response.text()).rejects.toThrow()
  expect(failures).toHaveLength(1)
})

it('takes a path that is no path of a URL for an unknown one', async () => {
  const { url, get } = await serve({ '/fine': say('fine') })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.end('GET http:// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const text = await new Response(socket as never).text()
  expect(text).toMatch(/^HTTP\/1.1 404/)
  expect(await get('/fine')).toEqual([200, 'fine /fine'])
})

it('takes the path of a request that names the whole URL, as those to proxies do', async () => {
  const { url } = await serve({ '/fine': say('fine') })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.end('GET http://host.example/fine?x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(await new Response(socket as never).text()).toContain('fine /fine\r\n')
})

it('closes connections beyond those that it takes at once', async () => {
  const { url, get } = await serve({ '/fine': say('fine') })
  const port = Number(new URL(url).port)
  const sockets = Array.from({ length: HTTP_LIMITS.maxConnections }, () => connect(port, '127.0.0.1'))
  onTestFinished(() => sockets.forEach(socket => void socket.destroy()))
  await Promise.all(sockets.map(socket => once(socket, 'connect')))
  await once(connect(port, '127.0.0.1').resume(), 'close')
  sockets[0]!.end('GET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(await new Response(sockets[0] as never).text()).toMatch(/^HTTP\/1.1 200/)
  expect(await get('/fine')).toEqual([200, 'fine /fine'])
})

it('refuses a second handler for a path, and an address that is taken', async () => {
  const { server, url } = await serve({ '/fine': say('fine') })
  expect(() => server.mount('/fine', say('other'))).toThrow('mounted on /fine already')
  const port = Number(new URL(url).port)
  await expect(new HttpServer().start({ ...LOOPBACK, port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

it('stops once, and stops although it has never started', async () => {
  const { server, get } = await serve({ '/fine': say('fine') })
  await server.stop()
  await server.stop()
  await new HttpServer().stop()
  await expect(get('/fine')).rejects.toThrow()
})
