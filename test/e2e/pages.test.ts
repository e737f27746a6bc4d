import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openPage, overflowOf, seriousFindings, sharedBrowser } from './browser.ts'
import { makeContent } from './contents.ts'
import { Cluster, shared } from './harness.ts'

const MB = 1_000_000
const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const HTTP = ['--http', '127.0.0.1:0']
/** Two looks at different colours, on the narrowest and a usual screen. */
const SCREENS = [
  { colorScheme: 'light', viewport: { width: 390, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 800 } }
] as const

/** A network that carries a fetch, with the pages of all who have one, by their names. */
async function startPages(whenOver: (end: () => Promise<void>) => void) {
  const cluster = await Cluster.create(whenOver)
  await makeContent(join(cluster.contents, 'a.bin'), 80 * MB)
  cluster.director = await cluster.startDirector(LOOPBACK, HTTP)
  await cluster.startMember('source', 'source', ['--dir', cluster.contents])
  const relay = await cluster.startMember('relay', 'relay1', [...HTTP, '--max-rate', '8mbit'])
  const full = await cluster.startMember('relay', 'relay2', [...HTTP, '--max-sessions', '1'])
  for (const each of [relay, full]) await each.event('registered')
  const fetch = cluster.fetch('a.bin', 'out.bin', [...HTTP, '-v', '--max-rate', '4mbit'])
  await fetch.event('progress', ({ bytes }) => bytes > 0)
  await fetch.event('route', ({ state, relays }) => state === 'open' && relays[0] === full.peerId)
  const gateway = cluster.run([
    ...['client', 'gateway', '--json', ...HTTP, '--max-rate', '1mbit'],
    ...['--director', cluster.director.address]
  ])
  const { url: gatewayUrl } = await gateway.event('listening')
  // What is read from the gateway is shown on its page for as long as it comes.
  const reading = new AbortController()
  whenOver(async () => reading.abort())
  const read = globalThis.fetch(`${gatewayUrl}/a.bin`, { signal: reading.signal })
  read.then(({ body }) => body!.pipeTo(new WritableStream())).catch(() => {})
  await full.event('routeRefused')
  const pageOf = async (program: typeof fetch) => (await program.event('page')).url as string
  const urls = {
    director: await pageOf(cluster.director),
    relay: await pageOf(relay),
    full: await pageOf(full),
    fetch: await pageOf(fetch),
    gateway: gatewayUrl as string
  }
  return { cluster, urls, relay, fetch }
}

describe('the pages', () => {
  const browser = sharedBrowser()
  const network = shared(startPages)

  it.each([
    ['director', '#nodes tbody tr'],
    ['relay', '#routes tbody tr'],
    ['full', '#refused tbody tr'],
    ['fetch', 'article tbody tr'],
    ['gateway', '#panel .route']
  ] as const)('of the %s has no fault that keeps anybody from using it', async (name, filled) => {
    for (const screen of SCREENS) {
      const { page, faults } = await openPage(browser(), `${network().urls[name]}/`, screen)
      await page.waitForSelector(filled)
      expect(await seriousFindings(page)).toEqual([])
      expect(await overflowOf(page)).toBeLessThanOrEqual(0)
      expect(faults).toEqual([])
      await page.context().close()
    }
  })

  it('of a node asks for its token, with no such fault either', async () => {
    const { cluster } = network()
    const file = cluster.path('page-token')
    await writeFile(file, 'a-token-for-the-page')
    const relay = await cluster.startMember('relay', 'relay3', [...HTTP, '--http-token-file', file])
    const { url } = await relay.event('page')
    const { page } = await openPage(browser(), `${url}/`)
    expect(await seriousFindings(page)).toEqual([])
    await page.getByLabel('Token').fill('a-token-for-the-page')
    await page.keyboard.press('Enter')
    await page.waitForSelector('h1:has-text("Relay") >> text=..')
    await page.getByText('No problems').waitFor()
    await page.context().close()
  })

  it('of a relay shows why it has refused a route, and that it forwards', async () => {
    const { urls } = network()
    const view = await (await globalThis.fetch(`${urls.full}/api/view`)).json()
    expect(view.refused).toMatchObject([{ reason: 'refused_sessions' }])
    const { page } = await openPage(browser(), `${urls.full}/`)
    await page.getByRole('rowheader', { name: 'refused: sessions' }).waitFor()
    await page.getByText('all places for routes are taken (1)').waitFor()
    await page.getByRole('img', { name: /^Rates over the last 300 seconds: Towards clients [1-9]/ }).waitFor()
    await page.context().close()
  })

  it('of a fetch shows progress, weights and sum, and what is done by hand, until the fetch is over', async () => {
    const { cluster, urls, relay, fetch } = network()
    const { page } = await openPage(browser(), `${urls.fetch}/`)
    await page.getByRole('progressbar', { name: 'a.bin in order' }).waitFor()
    await page.getByRole('img', { name: /Sum of what comes [1-9].* Ideal/ }).waitFor()
    await page.getByRole('img', { name: /^Weights .*Route A .*Route B / }).waitFor()
    const rowOf = page.getByRole('row', { name: new RegExp(relay.peerId.slice(-6)) })
    await rowOf.waitFor()
    const [letter] = (await rowOf.getByRole('rowheader').textContent())!
    const control = cluster.run(['client', 'control', '--json', String(fetch.pid), 'park', letter!])
    expect((await control.ended).code).toBe(0)
    await page.getByText(`route ${letter} is parked by hand`).waitFor()
    await rowOf.getByText('parked by hand').waitFor()
    fetch.kill('SIGINT')
    await fetch.ended
    await page.getByText('The fetch does not answer').waitFor()
    await page.context().close()
  })

  it('of a relay or a fetch is not opened to other hosts without a token', async () => {
    const { cluster } = network()
    const open = ['--http', '0.0.0.0:0']
    const programs = [
      cluster.run(['relay', 'start', '--json', '--home', cluster.path('relay4'), ...open]),
      cluster.fetch('a.bin', 'never.bin', open)
    ]
    for (const program of programs) {
      expect((await program.outcome('error')).message).toMatch(/--http-token-file/)
      expect((await program.ended).code).toBe(2)
    }
  })
})
