import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { shared } from './harness.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Starts Debian's Chromium for the tests of a file. Returns how to get it. */
export function sharedBrowser(): () => Browser {
  return shared(async whenOver => {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    whenOver(() => browser.close())
    return browser
  })
}

/** A page of a browser, with all that it has complained of. */
export interface OpenedPage {
  page: Page
  faults: string[]
}

/** Opens an address, scripts of tests allowed. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Promise<OpenedPage> {
  const context = await browser.newContext({ bypassCSP: true, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', ({ message }) => faults.push(message))
  await page.goto(url)
  return { page, faults }
}

/** What axe-core finds that keeps people from using a page: the rule, and where it is broken. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations, passes } = (await page.evaluate('axe.run()')) as AxeResults
  if (passes.length === 0) throw new Error('axe-core has checked nothing')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

/** By how many pixels a page is wider than its window. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate('document.documentElement.scrollWidth - innerWidth')
}
