import { UsageError } from '../errors.ts'
import type { HttpAddress } from '../http/server.ts'
import { rereadOnHangUp } from './daemon.ts'
import { HttpListenError, parseHttpAddress } from './http-address.ts'
import type { Reporter } from './reporter.ts'
import { one, type Values } from './settings.ts'
import { readTokenFile } from './token.ts'

/** Settings of a node's page; `what` says what it shows. */
export function pageSettings(what: string) {
  return {
    http: one({
      value: 'ADDRESS:PORT',
      help: `serve a page over HTTP here that shows ${what}; default: not at all`,
      parse: parseHttpAddress
    }),
    httpTokenFile: one({
      value: 'FILE',
      help: 'file with the token that those give who look at the page; needed where --http is no address of loopback',
      parse: text => text
    })
  }
}

export type PageValues = Values<ReturnType<typeof pageSettings>>

/** Starts a page and tells where it is. Throws HttpListenError. */
export async function startPage(
  page: { start(address: HttpAddress): Promise<string> },
  address: HttpAddress,
  reporter: Reporter
): Promise<void> {
  const url = await page.start(address).catch(error => {
    throw new HttpListenError('http', address, error)
  })
  reporter.tell({ event: 'page', url }, `page at ${url}/`)
}

/** Reads the page's token again at each SIGHUP, where it has one. */
export function rereadPageToken(
  page: { setToken(token: string): void },
  { httpTokenFile: file }: PageValues,
  reporter: Reporter
): void {
  if (file === undefined) return
  rereadOnHangUp(reporter, async () => {
    page.setToken(await readTokenFile(file, 'http-token-file'))
    reporter.tell({ event: 'reloaded', file }, `the page's token read from ${file}`)
  })
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
