import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const SIZE_BYTES = 3_000_000

it('a proxy brings mapped URLs over the routes, and from their server what nobody has', async () => {
  const origin = createServer((_, response) => response.end('of the server')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  onTestFinished(() => void origin.close())
  const { port } = origin.address() as { port: number }
  let sha256 = ''
  const cluster = await Cluster.start([[], []], async contents => {
    await mkdir(join(contents, 'mirror'))
    sha256 = await makeContent(join(contents, 'mirror', 'a.deb'), SIZE_BYTES)
  })
  const map = cluster.path('map.yaml')
  await writeFile(map, `http://127.0.0.1:${port}/debian/: mirror/\n`)
  const proxy = cluster.run([
    ...['client', 'proxy', '--json', '--http', '127.0.0.1:0', '--map', map],
    ...['--director', cluster.director!.address]
  ])
  const { url, role } = await proxy.event('listening')
  expect(role).toBe('proxy')
  const get = async (path: string) => {
    const { hostname, port } = new URL(url as string)
    const [answer] = (await once(request({ hostname, port, path }).end(), 'response')) as [IncomingMessage]
    return { by: answer.headers['x-anabranch'], bytes: await buffer(answer) }
  }
  const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const mapped = await get(`http://127.0.0.1:${port}/debian/a.deb`)
  expect([mapped.by, hashOf(mapped.bytes)]).toEqual(['overlay', sha256])
  expect(hashOf((await get('http://mirror.anabranch/a.deb')).bytes)).toBe(sha256)
  const fallen = await get(`http://127.0.0.1:${port}/debian/b.deb`)
  expect([fallen.by, String(fallen.bytes)]).toEqual(['origin', 'of the server'])
  proxy.kill('SIGTERM')
  expect(await proxy.ended).toEqual({ code: 0, signal: null })
})
