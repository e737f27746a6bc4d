import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RoutesQuestion } from '../../src/director/routes-view.ts'
import type { DirectorView } from '../../src/director/view.ts'
import { DirectorPage } from '../../src/director-page/director-page.ts'

const TOKEN = 'a-token-for-the-page'
const HOSTILE = '</script><img src=x onerror=alert(1)>'

async function serve(token?: string) {
  const asked: RoutesQuestion[] = []
  const content = { name: HOSTILE, rootHash: '00', holders: ['s1'] }
  const view: DirectorView = { nodes: [], links: [], contents: [content], contentCount: 1, watches: [] }
  const page = new DirectorPage({
    director: {
      view: () => view,
      routesFor: question => {
        asked.push(question)
        return { holders: ['s1'], routes: [] }
      }
    },
    peerId: 'director',
    ...(token === undefined ? {} : { token })
  })
  const url = await page.start({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => page.stop())
  return { url, asked, page }
}

/** Browsers alone may say which host they mean: fetch does not let us. */
function statusUnder(url: string, host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  request(url, { headers: { host } }, response => resolve(response.resume().statusCode!))
    .once('error', reject)
    .end()
  return promise
}

describe('the page of a director', () => {
  it('has one script, which the policy allows, and none of what nodes say', async () => {
    const { url } = await serve()
    const response = await fetch(`${url}/`)
    const text = await response.text()
    const scripts = [...text.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!)
    expect(scripts).toHaveLength(1)
    const hash = createHash('sha256').update(scripts[0]!).digest('base64')
    expect(response.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}';`)
    // What is called has to be in the text: nothing of a module is there where it runs.
    expect(() => new Function(scripts[0]!)).not.toThrow()
    expect(scripts[0]).not.toMatch(/innerHTML|\bimport\b|\bexports\b|__vi/)
    expect(text).not.toContain('<img')
  })

  it('tells the view as JSON and as events, names as they are', async () => {
    const { url } = await serve()
    const view = await (await fetch(`${url}/api/view`)).json()
    expect(view.contents).toEqual([{ name: HOSTILE, rootHash: '00', holders: ['s1'] }])
    const ended = new AbortController()
    onTestFinished(() => ended.abort())
    const { body, headers } = await fetch(`${url}/api/events`, { signal: ended.signal })
    expect(headers.get('content-type')).toBe('text/event-stream')
    const { value } = await body!.pipeThrough(new TextDecoderStream()).getReader().read()
    expect(JSON.parse(value!.slice('data: '.length))).toEqual(view)
  })

  it('asks the director for routes, and says what is wrong with a question', async () => {
    const { url, asked } = await serve()
    await fetch(`${url}/api/routes?name=a%20film&routes=2&client=203.0.113.7`)
    await fetch(`${url}/api/routes?name=b`)
    expect(asked).toEqual([
      { name: 'a film', routes: 2, from: '/ip4/203.0.113.7' },
      { name: 'b', routes: 3 }
    ])
    const statusOf = async (query: string) => (await fetch(`${url}/api/routes?${query}`)).status
    for (const wrong of ['', 'name=a&routes=0', 'name=a&routes=x', 'name=a&client=home'])
      expect(await statusOf(wrong)).toBe(400)
    expect((await fetch(`${url}/api/other`)).status).toBe(404)
    expect((await fetch(`${url}/api/view`, { method: 'DELETE' })).status).toBe(405)
  })

  it('answers without a token under names of this host only, and no page of another site', async () => {
    const { url } = await serve()
    expect(await statusUnder(url, 'localhost:8080')).toBe(200)
    expect(await statusUnder(url, 'evil.example')).toBe(421)
    const foreign = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'empty' }
    expect((await fetch(`${url}/api/view`, { headers: foreign })).status).toBe(403)
  })

  it('is for those who have its token: as a header, or as a cookie that does not hold it', async () => {
    const { url } = await serve(TOKEN)
    const statusOf = async (headers: Record<string, string>) =>
      (await fetch(`${url}/api/view`, { headers })).status
    expect(await statusOf({})).toBe(401)
    expect(await statusOf({ authorization: 'Bearer another-token-than-it' })).toBe(401)
    expect(await statusOf({ authorization: `Bearer ${TOKEN}` })).toBe(200)
    expect((await fetch(`${url}/api/events`)).status).toBe(401)
    expect(await (await fetch(`${url}/`)).text()).toContain('name="token"')
    const wrong = await fetch(`${url}/?token=another-token-than-it`, { redirect: 'manual' })
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null])
    const enter = { method: 'POST', body: new URLSearchParams({ token: TOKEN }), redirect: 'manual' } as const
    for (const entered of [
      await fetch(`${url}/?token=${TOKEN}`, { redirect: 'manual' }),
      await fetch(`${url}/`, enter)
    ]) {
      expect([entered.status, entered.headers.get('location')]).toEqual([303, '/'])
      const cookie = entered.headers.get('set-cookie')!
      expect(cookie).toMatch(/HttpOnly; SameSite=Strict/)
      expect(cookie).not.toContain(TOKEN)
      expect(await statusOf({ cookie: cookie.split(';')[0]! })).toBe(200)
    }
  })

  it('keeps what happened lately, and who was lost', async () => {
    const { url, page } = await serve()
    page.tell({ kind: 'joined', role: 'relay', peerId: 'r1' }, 'relay r1 is there')
    page.tell({ kind: 'left', peerId: 'r1', reason: 'connection lost' }, 'r1 left')
    const { lately, problems } = await (await fetch(`${url}/api/view`)).json()
    expect(lately.map(({ text }: { text: string }) => text)).toEqual(['r1 left', 'relay r1 is there'])
    expect(problems).toMatchObject([{ peerId: 'r1', what: 'relay r1: gone, connection lost' }])
  })
})
