import type { HttpAddress } from '../http/server.ts'
import type { NodePage } from '../node-page/node-page.ts'
import type { Problem } from '../node-page/problem.ts'
import type { RelayView } from '../relay/relay-view.ts'
import { startPage } from './page-settings.ts'
import type { Reporter } from './reporter.ts'

/** What of a relay its page shows. */
export interface PagedRelay {
  peerId: string
  view(): RelayView
  /** Those with its directors. */
  problems(): Problem[]
}

/** Serves a relay's page where an address is given. Throws HttpListenError. */
export async function serveRelayPage(
  address: HttpAddress | undefined,
  token: string | undefined,
  reporter: Reporter,
  { peerId, view, problems }: PagedRelay
): Promise<NodePage | undefined> {
  if (address === undefined) return undefined
  const { NodePage } = await import('../node-page/node-page.ts')
  const { RELAY_PAGE, RELAY_POLICY } = await import('../node-page/relay-page.ts')
  const { RelayPageMeter } = await import('../node-page/relay-page-view.ts')
  const meter = new RelayPageMeter(peerId)
  const page = new NodePage({
    ...{ title: 'Relay', html: RELAY_PAGE, policy: RELAY_POLICY, token },
    look: nowMs => meter.follow(view(), problems(), nowMs),
    onFailure: error => reporter.fail(error)
  })
  await startPage(page, address, reporter)
  return page
}
