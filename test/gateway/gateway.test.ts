import { describe, expect, it } from 'vitest'
import { MemoryContents } from './memory-contents.ts'
import { answersIn, exchange } from './raw-request.ts'
import { serve } from './serve.ts'
import { TICKET_TEXT } from './ticket.ts'

const FILM = { bytes: Buffer.from('a film of a holiday'), modifiedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) }
const ID = MemoryContents.idOf(FILM)
const NAME = 'films/a "film" & ä.mkv'
const PATH = '/films/a%20%22film%22%20%26%20%C3%A4.mkv'

const films = (names = [NAME]) => new MemoryContents(Object.fromEntries(names.map(name => [name, FILM])))

describe('what an answer says', () => {
  it('is the same content by its name, its id and a ticket, kept for as long as that stands for these bytes', async () => {
    const contents = films()
    const { url } = await serve(contents)
    const caching = async (path: string) => {
      const response = await fetch(url + path)
      expect(await response.text()).toBe('a film of a holiday')
      expect(response.headers.get('etag')).toBe(`"${ID}"`)
      return response.headers.get('cache-control')
    }
    expect(await caching(PATH)).toBe('no-cache')
    expect(await caching(`/id/${ID.toUpperCase()}`)).toBe('public, max-age=31536000, immutable')
    expect(await caching(`/ticket/${TICKET_TEXT}`)).toBe('private, max-age=31536000, immutable')
    expect(contents.found.map(([reference]) => reference)).toEqual([
      { name: NAME },
      { id: ID },
      { ticket: TICKET_TEXT }
    ])
  })

  it('tells type, name, time and length, and what browsers must not do', async () => {
    const { url } = await serve(films())
    const { headers } = await fetch(url + PATH, { method: 'HEAD' })
    expect(Object.fromEntries(headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'content-disposition': `inline; filename="a \\"film\\" & ?.mkv"; filename*=UTF-8''a%20%22film%22%20%26%20%C3%A4.mkv`,
      'content-length': '19',
      'content-type': 'video/x-matroska',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'content-security-policy': "script-src 'none'; form-action 'none'",
      'cross-origin-resource-policy': 'same-site',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff'
    })
    expect(headers.has('access-control-allow-origin')).toBe(false)
  })

  it('takes another file name, and whether to store the content, from the query', async () => {
    const { url } = await serve(films())
    const headersOf = async (query: string) => {
      const { headers } = await fetch(`${url}/id/${ID}?${query}`, { method: 'HEAD' })
      return [headers.get('content-disposition'), headers.get('content-type')]
    }
    expect(await headersOf('filename=b.txt')).toEqual(['inline; filename=b.txt', 'text/plain; charset=utf-8'])
    expect(await headersOf('filename=b.unheard-of&download=1')).toEqual([
      'attachment; filename=b.unheard-of',
      'application/octet-stream'
    ])
    const response = await fetch(`${url}/id/${ID}?filename=..%2Fb`)
    expect(response.status).toBe(400)
  })

  it('parts several ranges by a boundary that is in none of them, and says how long all is', async () => {
    const { url } = await serve(films())
    const response = await fetch(url + PATH, { headers: { range: 'bytes=0-5,-7' } })
    const body = await response.text()
    expect(response.headers.get('content-type')).toBe(`multipart/byteranges; boundary=${ID}`)
    expect(response.headers.get('content-length')).toBe(String(body.length))
    expect(response.headers.has('content-range')).toBe(false)
    expect(body.split('\r\n')).toEqual([
      `--${ID}`,
      ...['Content-Type: video/x-matroska', 'Content-Range: bytes 0-5/19', '', 'a film'],
      `--${ID}`,
      ...['Content-Type: video/x-matroska', 'Content-Range: bytes 12-18/19', '', 'holiday'],
      `--${ID}--`,
      ''
    ])
  })

  it('reads no more of a content than is asked for, and nothing for its head alone', async () => {
    const contents = films()
    const { url } = await serve(contents)
    await fetch(url + PATH, { method: 'HEAD' })
    await fetch(url + PATH, { headers: { 'if-none-match': `"${ID}"` } })
    await (await fetch(url + PATH, { headers: { range: 'bytes=2-5' } })).text()
    expect(contents.reads.map(({ range }) => range)).toEqual([{ start: 2, end: 6 }])
  })
})

describe('a live content', () => {
  it('comes in chunks from where the reader joins, and has neither ranges nor a tag', async () => {
    const contents = new MemoryContents({ 'live/cam.ts': { bytes: Buffer.from('live'), isLive: true } })
    const { url } = await serve(contents)
    const response = await fetch(`${url}/live/cam.ts?latency=800ms`, { headers: { range: 'bytes=0-1' } })
    expect([response.status, await response.text()]).toEqual([200, 'live'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'none',
      'cache-control': 'no-store',
      'content-type': 'video/mp2t',
      'transfer-encoding': 'chunked'
    })
    expect(response.headers.has('etag')).toBe(false)
    expect(contents.found).toEqual([[{ name: 'live/cam.ts' }, { latencyMs: 800 }]])
    expect(contents.reads[0]!.range).toBeUndefined()
  })

  it('ends with its connection for a reader that knows no chunks', async () => {
    const { port } = await serve(new MemoryContents({ cam: { bytes: Buffer.from('live'), isLive: true } }))
    const [answer] = answersIn(await exchange(port, 'GET /cam HTTP/1.0\r\n\r\n'), ['GET'])
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('live') })
  })

  it('is refused with a latency that is no time', async () => {
    const { url } = await serve(new MemoryContents({ cam: { bytes: Buffer.from('live'), isLive: true } }))
    expect((await fetch(`${url}/cam?latency=800`)).status).toBe(400)
  })
})

describe('whom it answers', () => {
  const statusFor = async (port: number, host: string) => {
    const text = `GET ${PATH} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
    return answersIn(await exchange(port, text), ['GET'])[0]!.status
  }

  it('answers under any IP address, localhost and the names that it was given, and no other', async () => {
    const { port } = await serve(films(), { hostNames: ['Films.example'] })
    const own = [
      '127.0.0.1',
      '192.0.2.7:80',
      '[::1]:8088',
      'localhost:1',
      'a.localhost',
      'FILMS.example.:8088'
    ]
    for (const host of own) expect([host, await statusFor(port, host)]).toEqual([host, 200])
    const foreign = ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', 'notlocalhost', '']
    for (const host of foreign) expect([host, await statusFor(port, host)]).toEqual([host, 421])
  })

  it('goes by the host of the first line where it names one', async () => {
    const { port } = await serve(films())
    const text = `GET http://evil.example${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
    expect(answersIn(await exchange(port, text), ['GET'])[0]!.status).toBe(421)
  })

  it('lets pages of the allowed origins read answers, and no other pages', async () => {
    const { url } = await serve(films(), { corsOrigins: ['https://app.example'] })
    const allowed = await fetch(url + PATH, { headers: { origin: 'https://app.example' } })
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': expect.stringContaining('Content-Range'),
      vary: 'Origin'
    })
    const other = await fetch(url + PATH, { headers: { origin: 'https://evil.example' } })
    expect(other.headers.has('access-control-allow-origin')).toBe(false)
    expect(other.headers.get('vary')).toBe('Origin')
  })

  it('tells browsers in advance which requests of these pages it takes', async () => {
    const { url } = await serve(films(), { corsOrigins: ['https://app.example'] })
    const ask = async (origin: string) => {
      const headers = {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range'
      }
      return await fetch(url + PATH, { method: 'OPTIONS', headers })
    }
    const allowed = await ask('https://app.example')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Range')
    expect(allowed.headers.get('access-control-allow-methods')).toBe('GET, HEAD')
    expect((await ask('https://evil.example')).headers.has('access-control-allow-methods')).toBe(false)
  })

  it('does nothing for pages of other sites that are not allowed, but for links that people follow', async () => {
    const contents = films()
    const { port } = await serve(contents, { corsOrigins: ['https://app.example'] })
    const statusOf = async (headers: Record<string, string>) => {
      const lines = Object.entries({ host: 'localhost', connection: 'close', ...headers })
      const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      return answersIn(await exchange(port, `GET ${PATH} HTTP/1.1\r\n${text}\r\n`), ['GET'])[0]!.status
    }
    const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
    expect(await statusOf(image)).toBe(403)
    expect(await statusOf({ ...image, origin: 'https://evil.example' })).toBe(403)
    expect(contents.found).toEqual([])
    expect(await statusOf({ ...image, origin: 'https://app.example' })).toBe(200)
    expect(await statusOf({ ...image, 'sec-fetch-site': 'same-site' })).toBe(200)
    expect(await statusOf({ ...image, 'sec-fetch-dest': 'document' })).toBe(200)
  })

  it('allows every origin where that is wanted', async () => {
    const { url } = await serve(films(), { corsOrigins: ['*'] })
    const { headers } = await fetch(`${url}/none`, { headers: { origin: 'https://any.example' } })
    expect(headers.get('access-control-allow-origin')).toBe('https://any.example')
  })
})

describe('the pages for people', () => {
  const pageAt = async (url: string, path: string) => {
    const response = await fetch(url + path, { headers: { accept: 'text/html,*/*' } })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  it('list a folder, folders first, with links that lead to each', async () => {
    const { url } = await serve(films(['b10.mkv', 'b9.mkv', NAME, 'films/old/c.mkv', 'id/x', '.anabranch/y']))
    const hrefsAt = async (path: string) =>
      [...(await pageAt(url, path)).text.matchAll(/class="name" href="([^"]*)"/g)].map(([, href]) => href!)
    const hrefs = await hrefsAt('/')
    expect(hrefs).toEqual([
      ...['/.anabranch/name/.anabranch/', '/films/', '/.anabranch/name/id/', '/b9.mkv', '/b10.mkv']
    ])
    expect(await hrefsAt('/films/')).toEqual(['/films/old/', PATH.replace('&', '&amp;')])
    expect(await hrefsAt('/.anabranch/name/id/')).toEqual(['/.anabranch/name/id/x'])
    for (const path of [...hrefs, '/.anabranch/name/id/x']) expect((await fetch(url + path)).status).toBe(200)
  })

  it('run nothing that a name says', async () => {
    const { url } = await serve(films(['<script>\' onclick="x&amp;']))
    const { text, headers } = await pageAt(url, '/')
    expect(text).not.toMatch(/<script>'|onclick="/)
    expect(text).toContain('<bdi>&lt;script&gt;&#39; onclick=&quot;x&amp;amp;</bdi>')
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  it('show the end of a name at its end', async () => {
    const { url } = await serve(films(['\u202Egnp.exe']))
    expect((await pageAt(url, '/')).text).toContain('href="/%E2%80%AEgnp.exe"><bdi>\uFFFDgnp.exe</bdi>')
  })

  it('say where nothing is on offer, and where more may come', async () => {
    const contents = new MemoryContents({})
    const { url } = await serve(contents)
    expect((await pageAt(url, '/')).text).toContain('No contents are on offer')
    contents.isComing = true
    expect((await pageAt(url, '/')).text).toContain('still indexing')
    expect((await pageAt(url, '/none/')).status).toBe(404)
  })

  it('say in place of a content what is wrong and what to do', async () => {
    const { url } = await serve(films())
    const { status, text, headers } = await pageAt(url, '/none.mkv')
    expect([status, headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    expect(text).toContain('<h1>Content not found</h1>')
    expect(text).toContain('What to do: check the name, or start its source')
  })
})
