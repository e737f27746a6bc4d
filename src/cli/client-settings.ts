import { DEFAULT_ROUTES } from '../client/defaults.ts'
import { UsageError } from '../errors.ts'
import type { NodeOptions } from '../overlay/node.ts'
import { CLIENT_NODE_SETTINGS, DIRECTOR_SETTINGS, parseCount } from './common-settings.ts'
import { list, oneOr, type Values } from './settings.ts'

/** As many as a director gives. */
const MAX_ROUTES = 16

/** What a client asks a director with, and as whom. */
export const QUESTION_SETTINGS = {
  ...DIRECTOR_SETTINGS,
  routes: oneOr({
    value: 'N',
    help: `most routes to use, 1 to ${MAX_ROUTES}`,
    parse: parseRoutes,
    fallback: DEFAULT_ROUTES,
    fallbackText: String(DEFAULT_ROUTES)
  }),
  neighbor: list({
    value: 'PEER',
    help: 'peer id or address of a relay that this client can reach; without it any',
    parse: text => text
  }),
  ...CLIENT_NODE_SETTINGS
}

/** The client's own node as its settings say. */
export async function clientNodeOptions({
  listen,
  announce,
  home
}: Values<typeof CLIENT_NODE_SETTINGS>): Promise<NodeOptions> {
  if (home === undefined) return { listen, announce }
  const { openHome } = await import('./home.ts')
  return { listen, announce, privateKey: await openHome(home) }
}

function parseRoutes(text: string): number {
  const count = parseCount(text)
  if (count <= MAX_ROUTES) return count
  throw new UsageError(`'${text}' routes are too many; ${MAX_ROUTES} at most`)
}
