import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeContent } from './contents.ts'
import { Cluster } from './harness.ts'

const SIZE_BYTES = 3_000_000

describe('a gateway', () => {
  it('hands out contents by name and id, whole and in parts, and lists them', async () => {
    const { cluster, sha256 } = await started()
    const { url, gateway } = await gatewayOf(cluster)
    const whole = await fetch(`${url}/films/a%20b.mkv`)
    expect(whole.status).toBe(200)
    expect(whole.headers.get('content-type')).toBe('video/x-matroska')
    const etag = whole.headers.get('etag')!
    const bytes = Buffer.from(await whole.arrayBuffer())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)

    const part = await fetch(`${url}/id/${etag.slice(1, -1)}`, {
      headers: { range: 'bytes=1999999-2000003' }
    })
    expect(part.status).toBe(206)
    expect(part.headers.get('content-range')).toBe(`bytes 1999999-2000003/${SIZE_BYTES}`)
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_999_999, 2_000_004))).toBe(true)

    const same = await fetch(`${url}/films/a%20b.mkv`, { headers: { 'if-none-match': etag } })
    expect(same.status).toBe(304)
    expect(await (await fetch(`${url}/films/`)).text()).toContain('a b.mkv')
    const missing = await fetch(`${url}/films/c.mkv`)
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ code: 'ERR_CONTENT_NOT_FOUND' })
    gateway.kill('SIGTERM')
    expect(await gateway.ended).toEqual({ code: 0, signal: null })
  })

  it('tells pages which routes bring what is read', async () => {
    const { cluster } = await started()
    const { url } = await gatewayOf(cluster)
    const film = await fetch(`${url}/films/a%20b.mkv`)
    const events = await fetch(`${url}/.anabranch/events`)
    const read = film.arrayBuffer()
    let text = ''
    for await (const chunk of events.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (/"rates":\[[^\]]*[1-9]/.test(chunk)) break
    }
    const { contents } = JSON.parse(text.trim().split('data: ').at(-1)!)
    expect(contents).toMatchObject([{ name: 'films/a b.mkv', sizeBytes: SIZE_BYTES }])
    const { routes } = contents[0]
    expect(routes.map(({ relays }: { relays: string[] }) => relays.length)).toEqual([1, 1])
    expect(routes[0].source).toBe(routes[1].source)
    await read
  })

  it('goes on over the other relays when one dies under a reader', async () => {
    const { cluster, sha256 } = await started()
    const { url } = await gatewayOf(cluster)
    const response = await fetch(`${url}/films/a%20b.mkv`)
    const hash = createHash('sha256')
    let isKilled = false
    for await (const chunk of response.body!) {
      hash.update(chunk)
      if (!isKilled) cluster.relays[0]!.kill('SIGKILL')
      isKilled = true
    }
    expect(hash.digest('hex')).toBe(sha256)
  })

  it('has what it kept on disk, without routes, after a new start', async () => {
    const { cluster, sha256 } = await started()
    const flags = ['--cache-dir', cluster.path('cache')]
    const read = async (url: string) => {
      const response = await fetch(`${url}/films/a%20b.mkv`)
      return createHash('sha256')
        .update(Buffer.from(await response.arrayBuffer()))
        .digest('hex')
    }
    const before = await gatewayOf(cluster, flags)
    const second = cluster.run(['client', 'gateway', '--json', '--http', '127.0.0.1:0', ...flags])
    expect(await read(before.url)).toBe(sha256)
    expect(await second.outcome('error')).toMatchObject({ code: 'ERR_CACHE_BUSY' })
    before.gateway.kill('SIGTERM')
    expect(await before.gateway.ended).toEqual({ code: 0, signal: null })
    for (const relay of cluster.relays) relay.kill('SIGKILL')
    const { url } = await gatewayOf(cluster, flags)
    expect(await read(url)).toBe(sha256)
  })
})

async function started() {
  let sha256 = ''
  const limit = ['--max-rate', '16mbit']
  const cluster = await Cluster.start([limit, limit], async contents => {
    await mkdir(join(contents, 'films'))
    sha256 = await makeContent(join(contents, 'films', 'a b.mkv'), SIZE_BYTES)
  })
  return { cluster, sha256 }
}

async function gatewayOf(cluster: Cluster, flags: string[] = []) {
  const gateway = cluster.run([
    ...['client', 'gateway', '--json', '--http', '127.0.0.1:0'],
    ...['--director', cluster.director!.address],
    ...flags
  ])
  const { url } = await gateway.event('listening')
  return { url: url as string, gateway }
}
