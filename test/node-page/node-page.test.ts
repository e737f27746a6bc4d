import { createHash } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FETCH_PAGE, FETCH_POLICY } from '../../src/node-page/fetch-page.ts'
import { NodePage } from '../../src/node-page/node-page.ts'
import { RELAY_PAGE, RELAY_POLICY } from '../../src/node-page/relay-page.ts'
import { VirtualScheduler } from '../virtual-scheduler.ts'

describe('the page of a relay or a fetch', () => {
  it.each([
    ['relay', RELAY_PAGE, RELAY_POLICY],
    ['fetch', FETCH_PAGE, FETCH_POLICY]
  ])(
    'has one script, of a %s, which the policy allows and which needs nothing of a module',
    (_, page, policy) => {
      const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script!)
      expect(scripts).toHaveLength(1)
      const hash = createHash('sha256').update(scripts[0]!).digest('base64')
      expect(policy).toContain(`script-src 'sha256-${hash}';`)
      expect(() => new Function(scripts[0]!)).not.toThrow()
      expect(scripts[0]).not.toMatch(/innerHTML|\bimport\b|\bexports\b|__vi/)
    }
  )

  it('looks each second, and tells what was seen last to those who may know', async () => {
    const scheduler = new VirtualScheduler()
    let looks = 0
    const page = new NodePage({
      ...{ title: 'Relay', html: RELAY_PAGE, policy: RELAY_POLICY, token: 'a-token-for-the-page' },
      look: () => ({ looks: ++looks }),
      scheduler
    })
    const url = await page.start({ host: '127.0.0.1', port: 0 })
    onTestFinished(() => page.stop())
    expect((await fetch(`${url}/api/view`)).status).toBe(401)
    const seen = async () => {
      const headers = { authorization: 'Bearer a-token-for-the-page' }
      return await (await fetch(`${url}/api/view`, { headers })).json()
    }
    expect(await seen()).toEqual({ looks: 1 })
    expect(await seen()).toEqual({ looks: 1 })
    scheduler.advance(1_000)
    expect(await seen()).toEqual({ looks: 2 })
  })
})
