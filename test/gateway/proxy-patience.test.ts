import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it, vi } from 'vitest'
import { MemoryContents } from './memory-contents.ts'
import { serveOrigin, serveProxy } from './serve-proxy.ts'

vi.mock('../../src/gateway/limits.ts', async original => {
  const limits = await original<typeof import('../../src/gateway/limits.ts')>()
  return { ...limits, PROXY_LIMITS: { ...limits.PROXY_LIMITS, findMs: 20, silentOriginMs: 20 } }
})

async function get(port: number, path: string) {
  const asked = request({ host: '127.0.0.1', port, path }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

it('does not wait for ever for a server', async () => {
  const origin = await serveOrigin(() => {})
  const { port, failures } = await serveProxy(new MemoryContents({}))
  const { status, body } = await get(port, origin.url)
  expect([status, JSON.parse(body)]).toEqual([
    504,
    {
      code: 'ERR_ORIGIN_TIMEOUT',
      message: `There was no answer from ${origin.host} for 0.02 s`,
      remedy: 'try again later'
    }
  ])
  expect(failures).toHaveLength(1)
})

it('breaks off what its server does not go on with', async () => {
  const origin = await serveOrigin((_, response) => void response.write('x'))
  const { port } = await serveProxy(new MemoryContents({}))
  await expect(get(port, origin.url)).rejects.toThrow('aborted')
})

it('turns to the server where it is not found out in time who has a content', async () => {
  const contents = new MemoryContents({})
  contents.find = async (_, { signal }) => {
    await once(signal, 'abort')
    throw signal.reason
  }
  const origin = await serveOrigin((_, response) => response.end('of the server'))
  const { port, failures } = await serveProxy(contents, { [`${origin.url}/`]: 'mirror/' })
  const { headers, body } = await get(port, `${origin.url}/a`)
  expect([headers['x-anabranch'], body]).toEqual(['origin', 'of the server'])
  expect(failures).toHaveLength(1)
})
