import type { FetchControl } from '../client/fetch-control.ts'
import type { FetchEvent } from '../client/fetch-events.ts'
import { type PageValues, readPageToken, startPage } from './page-settings.ts'
import type { Reporter } from './reporter.ts'

/** The page of a fetch that runs. */
export interface FetchPage {
  /** Takes an event of the fetch of a content. */
  tell(name: string, event: FetchEvent): void
  stop(): Promise<void>
}

/**
 * Serves the page of a fetch, or of several that one control steers, where an address is given. Throws
 * UsageError, ConfigurationError and HttpListenError.
 */
export async function serveFetchPage(
  values: PageValues,
  control: FetchControl,
  reporter: Reporter
): Promise<FetchPage | undefined> {
  const token = await readPageToken(values)
  const { http } = values
  if (http === undefined) return undefined
  const { NodePage } = await import('../node-page/node-page.ts')
  const { FETCH_PAGE, FETCH_POLICY } = await import('../node-page/fetch-page.ts')
  const { FetchPageMeter } = await import('../node-page/fetch-page-view.ts')
  const meter = new FetchPageMeter()
  const page = new NodePage({
    ...{ title: 'Fetch', html: FETCH_PAGE, policy: FETCH_POLICY, token },
    look: nowMs => meter.follow(control.show(), nowMs),
    onFailure: error => reporter.fail(error)
  })
  await startPage(page, http, reporter)
  return {
    tell: (name, event) => meter.tell(name, event, Date.now()),
    stop: () => page.stop()
  }
}
