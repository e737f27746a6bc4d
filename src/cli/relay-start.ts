import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { PRIVATE_HOPS, type PrivateHops, RECEIPT_LAG_BYTES, RELAY_LIMITS } from '../relay/limits.ts'
import type { Relay, RelayEvent } from '../relay/relay.ts'
import { parseRate } from '../units/units.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import {
  GENERAL_SETTINGS,
  listenSetting,
  MEMBER_SETTINGS,
  NODE_SETTINGS,
  parseCount
} from './common-settings.ts'
import { announceListening, runUntilSignal } from './daemon.ts'
import { registerRehearsed, registrationEvents, stopAll } from './member.ts'
import { METRICS_SETTINGS, type Metric, serveMetrics } from './metrics.ts'
import { defaultHome } from './paths.ts'
import { makeAccounts } from './relay-accounts.ts'
import type { Reporter } from './reporter.ts'
import { one, oneOr, toggle, type Values } from './settings.ts'

const DEFAULT_PORT = 4003

const SETTINGS = {
  ...listenSetting(DEFAULT_PORT),
  ...MEMBER_SETTINGS,
  maxRate: one({
    value: 'RATE',
    help: 'most that is forwarded towards clients in all, such as 40mbit; each session gets a fair share',
    parse: parsePositiveRate
  }),
  maxSessions: count('most routes at once', RELAY_LIMITS.maxSessions),
  maxSessionsPerPeer: count(
    'most routes at once of one neighbouring client or relay',
    RELAY_LIMITS.maxSessionsPerPeer
  ),
  privateHops: oneOr({
    value: 'WHO',
    help: 'for whom loopback and private addresses are dialled that no director has given: never, near or any',
    parse: parsePrivateHops,
    fallback: RELAY_LIMITS.privateHops,
    fallbackText: RELAY_LIMITS.privateHops
  }),
  receipts: oneOr({
    value: 'WHEN',
    help: 'optional: clients may sign for what they get; required: routes end whose clients do not',
    parse: parseReceipts,
    fallback: 'optional',
    fallbackText: 'optional'
  }),
  restricted: toggle('serve other relays only, no clients'),
  ...NODE_SETTINGS,
  ...METRICS_SETTINGS,
  ...GENERAL_SETTINGS
}

/** For the other commands that read a relay's configuration file. */
export { SETTINGS as RELAY_SETTINGS }

type RelayValues = Values<typeof SETTINGS>

/**
 * `relay start`: runs a relay until it is told to stop. On SIGHUP it reads the limits in its
 * configuration file again.
 */
export function relayStart(run: CliRun): Command {
  return defineCommand(
    {
      name: 'start',
      summary: 'run a relay; SIGHUP reads the limits in its configuration file again',
      role: 'relay',
      settings: SETTINGS,
      run: runRelay
    },
    run
  )
}

async function runRelay(values: RelayValues, context: CommandContext<RelayValues>): Promise<number> {
  const { reporter, environment } = context
  const { createNode } = await import('../transport/node.ts')
  const { openHome } = await import('./home.ts')
  const { DirectorSession } = await import('../discovery/director-session.ts')
  const { Relay } = await import('../relay/relay.ts')
  const home = values.home ?? defaultHome('relay', environment)
  const privateKey = await openHome(home)
  const { listen, announce } = values
  const node = await createNode({ listen, announce, privateKey })
  const accounts = await makeAccounts(home, reporter, () => relay)
  const relay: Relay = new Relay({
    node,
    onCarried: carried => accounts.carried(carried),
    onReceipt: (receipt, signed) => accounts.received(receipt, signed),
    limits: limitsOf(values),
    addressesOf: peerId => session.addressesOf(peerId),
    onEvent: event => onEvent(event)
  })
  const session = new DirectorSession(node, {
    role: 'relay',
    directors: values.director,
    labels: values.label,
    restricted: values.restricted,
    ...(values.neighbor.length > 0 ? { neighbors: values.neighbor } : {}),
    // The capacity is read at each registration, as it may have changed by then.
    get capacityBytesPerSecond() {
      return relay.limits.maxRateBytesPerSecond
    },
    ...registrationEvents(reporter)
  })
  const onEvent = (event: RelayEvent): void => {
    session.setLoad(relay.stats.sessions / relay.limits.maxSessions)
    tellRoute(reporter, event)
  }
  await relay.start()
  accounts.start()
  reloadOnHangUp(relay, context)
  const addresses = node.getMultiaddrs().map(String)
  announceListening(reporter, { role: 'relay', peerId: node.peerId.toString(), addresses })
  const stopSession = registerRehearsed(reporter, { session, home })
  const stopMetrics = await serveMetrics(values.metrics, reporter, () => metricsOf(relay))
  return await runUntilSignal(reporter, () => {
    session.setDraining(true)
    return stopAll(
      () => relay.stop(),
      async () => accounts.stop(),
      stopSession,
      async () => await node.stop(),
      stopMetrics
    )
  })
}

/**
 * Reads the limits again at each SIGHUP. Without a configuration file there is nothing to read, and
 * SIGHUP ends the relay like any program.
 */
function reloadOnHangUp(relay: Relay, { reporter, configFile, reload }: CommandContext<RelayValues>): void {
  if (configFile === undefined) return
  process.on('SIGHUP', () => {
    reload().then(
      values => {
        const limits = limitsOf(values)
        relay.setLimits(limits)
        reporter.tell({ event: 'reloaded', ...limits }, `limits read from ${configFile}`)
      },
      error => reporter.fail(error)
    )
  })
}

function limitsOf({ maxRate, maxSessions, maxSessionsPerPeer, privateHops, receipts }: RelayValues) {
  return {
    maxRateBytesPerSecond: maxRate,
    maxSessions,
    maxSessionsPerPeer,
    privateHops,
    maxUnsignedBytes: receipts === 'required' ? RECEIPT_LAG_BYTES : undefined
  }
}

function metricsOf(relay: Relay): Metric[] {
  const { sessions, admitted, refused, bytesForwarded, queuedBytes } = relay.stats
  return [
    { name: 'routes', help: 'Routes that run.', type: 'gauge', value: sessions },
    { name: 'routes_admitted_total', help: 'Routes admitted.', type: 'counter', value: admitted },
    { name: 'routes_refused_total', help: 'Routes refused.', type: 'counter', value: refused },
    { name: 'forwarded_bytes_total', help: 'Sent to clients.', type: 'counter', value: bytesForwarded },
    { name: 'queued_bytes', help: 'Waiting for clients.', type: 'gauge', value: queuedBytes }
  ]
}

function tellRoute(reporter: Reporter, event: RelayEvent): void {
  if (event.kind === 'routeRefused') {
    const { kind, ...refusal } = event
    reporter.tell({ event: kind, ...refusal }, `route of ${event.peerId} refused: ${event.message}`, 1)
    return
  }
  const { kind, route, sessions } = event
  const reason = kind === 'routeEnded' ? event.reason?.message : undefined
  const done = kind === 'routeEnded' ? 'ended' : 'admitted'
  const text = `route of ${route.peerId} ${done}${reason === undefined ? '' : `: ${reason}`}`
  reporter.tell({ event: kind, ...route, sessions, ...(reason === undefined ? {} : { reason }) }, text, 1)
}

function count(help: string, fallback: number) {
  return oneOr({ value: 'N', help, parse: parseCount, fallback, fallbackText: String(fallback) })
}

function parsePositiveRate(text: string): number {
  const rate = parseRate(text)
  if (rate > 0) return rate
  throw new UsageError(`'${text}' lets nothing through; leave --max-rate out for no limit`)
}

function parsePrivateHops(text: string): PrivateHops {
  const found = PRIVATE_HOPS.find(name => name === text)
  if (found !== undefined) return found
  throw new UsageError(
    `'${text}' is none of never (for nobody), near (for askers in the same network) and any (for everybody)`
  )
}

function parseReceipts(text: string): string {
  if (text === 'optional' || text === 'required') return text
  throw new UsageError(`'${text}' is neither optional nor required`)
}
