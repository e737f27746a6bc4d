import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { onTestFinished } from 'vitest'
import { Activity } from '../../src/gateway/activity.ts'
import type { Contents } from '../../src/gateway/contents.ts'
import { HttpProxy } from '../../src/gateway/http-proxy.ts'
import { parseUrlMap } from '../../src/gateway/url-map.ts'

/** Runs a proxy until the test ends. */
export async function serveProxy(contents: Contents, map: Record<string, string> = {}, host = '127.0.0.1') {
  const failures: unknown[] = []
  const proxy = new HttpProxy({
    contents,
    activity: new Activity(),
    map: parseUrlMap(JSON.stringify(map), 'map.yaml'),
    onFailure: error => failures.push(error)
  })
  const url = await proxy.start({ host, port: 0 })
  onTestFinished(() => proxy.stop())
  return { proxy, url, port: Number(new URL(url).port), failures }
}

/** Runs a server of somebody else until the test ends, and remembers what it is asked. */
export async function serveOrigin(answer: RequestListener) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as { port: number }
  return { requests, host: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}`, port }
}
