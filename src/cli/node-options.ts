import { UsageError } from '../errors.ts'
import type { NodeOptions } from '../transport/node.ts'
import { type ProxyServer, parseProxyServer } from '../transport/proxy-server.ts'
import type { CommandContext } from './command.ts'
import type { listenSetting, NODE_SETTINGS } from './common-settings.ts'
import { fullTeller } from './daemon.ts'
import type { Values } from './settings.ts'

/** The usual variables that name a proxy for this program, the first of them that is set before the others. */
const PROXY_VARIABLES = ['ALL_PROXY', 'all_proxy', 'HTTPS_PROXY', 'https_proxy']
const DIRECT_VARIABLES = ['NO_PROXY', 'no_proxy']

type ListenValues = Values<ReturnType<typeof listenSetting>>
type NodeValues = Pick<Values<typeof NODE_SETTINGS>, 'announce' | 'proxy'>

/** The options of a daemon's node, but for its identity. Throws UsageError, ConfigurationError. */
export async function daemonNodeOptions(
  values: ListenValues & NodeValues,
  { reporter, environment }: Pick<CommandContext, 'reporter' | 'environment'>
): Promise<NodeOptions> {
  const { listen, announce, proxy, tlsCert, tlsKey } = values
  const options = {
    listen,
    announce,
    proxy: await outboundProxy(proxy, environment),
    onFull: fullTeller(reporter)
  }
  if (tlsCert === undefined && tlsKey === undefined) {
    const secure = listen.find(address => address.endsWith('/tls/ws'))
    if (secure === undefined) return options
    throw new UsageError(`To listen on ${secure}, give a certificate with --tls-cert and --tls-key`)
  }
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('--tls-cert and --tls-key belong together; give both')
  const { ServerCertificate } = await import('../transport/tcp/server-certificate.ts')
  const files = { certificate: tlsCert, key: tlsKey }
  const onProblem = ({ message }: Error) =>
    reporter.tell({ event: 'problem', message }, `${message}; the one from before stays in use`)
  return { ...options, certificate: await ServerCertificate.open(files, onProblem) }
}

/**
 * The proxy that was given, else the one that the environment names, but not for the hosts that it
 * names as well. Throws UsageError.
 */
export async function outboundProxy(
  given: ProxyServer | undefined,
  environment: NodeJS.ProcessEnv
): Promise<NodeOptions['proxy']> {
  const server = given ?? proxyOf(environment)
  if (server === undefined) return undefined
  const direct = DIRECT_VARIABLES.find(name => environment[name])
  // The module is loaded here, as most nodes have no proxy.
  const { OutboundProxy } = await import('../transport/tcp/outbound-proxy.ts')
  return new OutboundProxy(server, direct && environment[direct])
}

function proxyOf(environment: NodeJS.ProcessEnv): ProxyServer | undefined {
  const name = PROXY_VARIABLES.find(each => environment[each])
  if (name === undefined) return undefined
  try {
    return parseProxyServer(environment[name]!)
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message}`, error)
  }
}
