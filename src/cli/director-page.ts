import type { Director } from '../director/director.ts'
import type { DirectorEvent } from '../director/director-event.ts'
import { type PageValues, readPageToken, rereadPageToken, startPage } from './page-settings.ts'
import type { Reporter } from './reporter.ts'

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
  const page = new DirectorPage({ director, peerId, onFailure, token })
  await startPage(page, http, reporter)
  rereadPageToken(page, values, reporter)
  return page
}
