import { DEFAULT_ROUTES } from '../client/defaults.ts'
import type { FetchOptions } from '../client/fetch-options.ts'
import { UsageError } from '../errors.ts'
import { fromHex } from '../protocol/bytes.ts'
import { DIRECT_ROUTES, type DirectRoutes } from '../protocol/director-messages.ts'
import type { NodeOptions } from '../transport/node.ts'
import { CLIENT_NODE_SETTINGS, DIRECTOR_SETTINGS, parseCount } from './common-settings.ts'
import { outboundProxy } from './node-options.ts'
import { list, one, oneOr, toggle, type Values } from './settings.ts'

/** Most routes that a client may ask for, as many as a director gives. */
const MAX_ROUTES = 16

/** Settings of a client's question to a director: what it asks, and under which identity. */
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
  from: one({
    value: 'PEER',
    help: 'peer id of the source whose content is wanted; without it any that has the content',
    parse: text => text
  }),
  sameNetwork: toggle('let routes go over several relays of one network or operator'),
  direct: oneOr({
    value: 'WHEN',
    help: `whether routes may go straight to a source, without a relay: ${DIRECT_ROUTES.join(', ')}`,
    parse: parseDirect,
    fallback: 'never' as DirectRoutes,
    fallbackText: 'never'
  }),
  root: one({
    value: 'HASH',
    help: "the content's root hash, 64 hexadecimal digits: exactly this content, whatever it is called",
    parse: parseRootHash
  }),
  ...CLIENT_NODE_SETTINGS
}

/**
 * Reads which content of the given name is wanted: its root hash and its source, where given.
 * Throws UsageError.
 */
export async function wantedContent({
  from,
  root
}: Pick<Values<typeof QUESTION_SETTINGS>, 'from' | 'root'>): Promise<
  Pick<FetchOptions, 'from' | 'rootHash'>
> {
  return {
    ...(from === undefined ? {} : { from: await parseSourcePeer(from) }),
    ...(root === undefined ? {} : { rootHash: root })
  }
}

/** The options of the client's own node, from its settings and the environment. Throws UsageError. */
export async function clientNodeOptions(
  { listen, announce, home, proxy }: Values<typeof CLIENT_NODE_SETTINGS>,
  environment: NodeJS.ProcessEnv
): Promise<NodeOptions> {
  const options = { listen, announce, proxy: await outboundProxy(proxy, environment) }
  if (home === undefined) return options
  const { openHome } = await import('../transport/home.ts')
  return { ...options, privateKey: await openHome(home) }
}

async function parseSourcePeer(text: string): Promise<string> {
  // The module is loaded here, as peer ids take time to load and only some commands read any.
  const { peerIdOf } = await import('../transport/peer-address.ts')
  try {
    return peerIdOf(text)
  } catch (error) {
    throw new UsageError(`--from: '${text}' is no peer id; give one such as 12D3KooW...`, error)
  }
}

function parseDirect(text: string): DirectRoutes {
  const direct = DIRECT_ROUTES.find(known => known === text)
  if (direct) return direct
  throw new UsageError(`--direct takes ${DIRECT_ROUTES.join(', ')}, not '${text}'`)
}

function parseRootHash(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/i.test(text)) return fromHex(text)
  throw new UsageError(`'${text}' is no root hash; give its 64 hexadecimal digits`)
}

function parseRoutes(text: string): number {
  const count = parseCount(text)
  if (count <= MAX_ROUTES) return count
  throw new UsageError(`'${text}' routes are too many; ${MAX_ROUTES} at most`)
}
