import type { Director } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import { UsageError } from '../errors.ts'
import { HttpListenError, parseHttpAddress } from './http-address.ts'
import type { Reporter } from './reporter.ts'
import { one, type Values } from './settings.ts'
import { readTokenFile } from './token.ts'

/** Settings of a director's page. */
export const DIRECTOR_PAGE_SETTINGS = {
  http: one({
    value: 'ADDRESS:PORT',
    help: 'serve a page over HTTP here that shows what the director knows; default: not at all',
    parse: parseHttpAddress
  }),
  httpTokenFile: one({
    value: 'FILE',
    help: 'file with the token that those give who look at the page; needed where --http is no address of loopback',
    parse: text => text
  })
}

type PageValues = Values<typeof DIRECTOR_PAGE_SETTINGS>

/** A page that is served. */
export interface ServedPage {
  tell(event: DirectorEvent, text: string): void
  stop(): Promise<void>
}

/**
 * Serves the page where an address is given. Throws UsageError, ConfigurationError and
 * HttpListenError.
 */
export async function serveDirectorPage(
  values: PageValues,
  reporter: Reporter,
  director: Pick<Director, 'view' | 'routesFor'>,
  peerId: string
): Promise<ServedPage | undefined> {
  const { http } = values
  if (http === undefined) return undefined
  const token = await readPageToken(values)
  const { DirectorPage } = await import('../director-page/director-page.ts')
  const onFailure = (error: unknown) => reporter.fail(error)
  const page = new DirectorPage({ director, peerId, onFailure, ...(token === undefined ? {} : { token }) })
  const url = await page.start(http).catch(error => {
    throw new HttpListenError('http', http, error)
  })
  reporter.tell({ event: 'page', url }, `page at ${url}/`)
  return page
}

/** Reads the token, and checks that there is one where others than this host could ask. Throws UsageError and ConfigurationError. */
export async function readPageToken({ http, httpTokenFile }: PageValues): Promise<string | undefined> {
  if (http === undefined) {
    if (httpTokenFile !== undefined) throw new UsageError('--http-token-file is of no use without --http')
    return undefined
  }
  if (httpTokenFile !== undefined) return await readTokenFile(httpTokenFile, 'http-token-file')
  if (isLoopback(http.host)) return undefined
  throw new UsageError(
    `--http ${http.host} can be reached from other hosts; give --http-token-file, or use 127.0.0.1`
  )
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/i.test(host)
}
