import type { Command } from 'commander'
import type { DirectorSessionOptions } from '../discovery/director-session.ts'
import { UsageError } from '../errors.ts'
import { MemberStanding } from '../node-page/member-standing.ts'
import {
  NEXT_HOPS,
  type NextHops,
  RECEIPT_LAG_BYTES,
  RELAY_LIMITS,
  type RelayLimits
} from '../relay/limits.ts'
import type { Relay, RelayEvent } from '../relay/relay.ts'
import { RelayLoad } from '../relay/relay-load.ts'
import { RelayWatch } from '../relay/relay-view.ts'
import { parseBytes } from '../units/units.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import {
  GENERAL_SETTINGS,
  LEAST_MEMORY_BYTES,
  listenSetting,
  MEMBER_SETTINGS,
  machineMemoryBytes,
  NODE_SETTINGS,
  parseCount,
  parseMemory,
  parsePositiveRate,
  positive
} from './common-settings.ts'
import { daemonAnnouncer, rereadOnHangUp, runUntilSignal } from './daemon.ts'
import { memberOptions, registerRehearsed, stopAll } from './member.ts'
import { RelayMetrics } from './metrics/relay-metrics.ts'
import { METRICS_SETTINGS, serveMetrics } from './metrics.ts'
import { daemonNodeOptions } from './node-options.ts'
import { pageSettings, readPageToken, rereadPageToken } from './page-settings.ts'
import { defaultHome } from './paths.ts'
import { makeAccounts } from './relay-accounts.ts'
import { serveRelayPage } from './relay-page.ts'
import type { Reporter } from './reporter.ts'
import { list, one, oneOr, toggle, type Values } from './settings.ts'
import { readToken } from './token.ts'
import { SHARED_WORK, WORKERS_SETTING, workerHome } from './worker.ts'

const DEFAULT_PORT = 4003

const SETTINGS = {
  ...listenSetting(DEFAULT_PORT),
  ...MEMBER_SETTINGS,
  maxRate: one({
    value: 'RATE',
    help: 'most that is forwarded towards clients in all, such as 40mbit; each host gets a fair share',
    parse: parsePositiveRate
  }),
  maxRatePerSession: one({
    value: 'RATE',
    help: 'most that one session gets of it',
    parse: parsePositiveRate
  }),
  maxBytesPerDay: size('most that is forwarded in a day (UTC), in both directions together, such as 100GB'),
  maxBytesPerMonth: size('most that is forwarded in a month of the calendar (UTC), such as 2TB'),
  memory: oneOr({
    value: 'SIZE',
    help: 'most memory for what waits in the relay; beyond it the sessions end whose data waits for longest',
    parse: parseMemory,
    fallback: usualMemoryBytes(),
    fallbackText: 'an eighth of the memory there is'
  }),
  allow: list({
    value: 'PEER',
    help: 'peer id of a client or relay that is served, and no others; without it all are',
    parse: text => text
  }),
  maxSessions: count('most routes at once', RELAY_LIMITS.maxSessions),
  maxSessionsPerPeer: count(
    'most routes at once of one neighbouring client or relay',
    RELAY_LIMITS.maxSessionsPerPeer
  ),
  next: one({
    value: 'WHERE',
    help:
      'where routes may lead: known (nodes that a director or --neighbor names), world (also what the asker ' +
      'could dial itself) or any (all addresses and names); known with a director, else world',
    parse: parseNextHops
  }),
  passFrom: list({
    value: 'PEER',
    help: 'peer id or address of a director: clients need a pass of one of these directors',
    parse: text => text
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
  ...WORKERS_SETTING,
  ...METRICS_SETTINGS,
  ...pageSettings('what the relay carries and refuses'),
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
      isDaemon: true,
      settings: SETTINGS,
      examples: [
        'anabranch relay start --director 192.0.2.7:4001',
        'anabranch relay start --director 192.0.2.7:4001 --max-rate 40mbit',
        'anabranch relay start --listen 0.0.0.0:4004 --home ~/.relay2 --next world'
      ],
      sharedWork: SHARED_WORK,
      run: runRelay
    },
    run
  )
}

async function runRelay(values: RelayValues, context: CommandContext<RelayValues>): Promise<number> {
  const { reporter, environment, worker } = context
  const { createNode } = await import('../transport/node.ts')
  const { openHome } = await import('../transport/home.ts')
  const { DirectorSession } = await import('../discovery/director-session.ts')
  const { Relay } = await import('../relay/relay.ts')
  const { peerIdOf } = await import('../transport/peer-address.ts')
  const pageToken = await readPageToken(values)
  const passFrom = values.passFrom.map(peerIdOf)
  const token = await readToken(values, environment)
  const home = workerHome(values.home ?? defaultHome('relay', environment), worker)
  const privateKey = await openHome(home)
  const node = await createNode({
    ...(await daemonNodeOptions(values, { reporter, environment })),
    privateKey,
    isNamed: peerId => session.isNeighbor(peerId)
  })
  const accounts = await makeAccounts(home, reporter)
  const relay = new Relay({
    node,
    ledger: accounts,
    onReceipt: (receipt, signed) => accounts.received(receipt, signed),
    limits: await limitsOf(values),
    ...(passFrom.length > 0 ? { passFrom } : {}),
    addressesOf: peerId => session.addressesOf(peerId),
    onAttached: peerIds => session.setAttached(peerIds),
    onEvent: event => onEvent(event)
  })
  const relayMetrics = new RelayMetrics()
  const watch = new RelayWatch()
  const standing = new MemberStanding()
  const member = memberOptions(values, token, reporter, standing)
  const session = new DirectorSession(node, registrationOf(member, values, relay))
  const onEvent = (event: RelayEvent): void => {
    if (event.kind === 'allowanceUsed') session.setDraining(true)
    if (event.kind === 'allowanceBack') session.setDraining(false)
    relayMetrics.onEvent(event)
    watchEvent(watch, event)
    tellRelayEvent(reporter, event)
  }
  const metrics = await serveMetrics(values.metrics, relayMetrics.observed(relay, session))
  const announce = await daemonAnnouncer(context, { role: 'relay', home, node, metrics }, () => ({
    figures: figuresOf(relay),
    relay: watch.view(relay)
  }))
  await relay.start()
  accounts.start()
  reloadOnHangUp(relay, context)
  announce()
  const page = await serveRelayPage(values.http, pageToken, reporter, {
    peerId: node.peerId.toString(),
    view: () => watch.view(relay),
    problems: () => standing.problems(session.directors)
  })
  if (page) rereadPageToken(page, values, reporter)
  const stopSession = registerRehearsed(reporter, { session, home })
  return await runUntilSignal(() => {
    session.setDraining(true)
    return stopAll(
      () => relay.stop(),
      async () => await page?.stop(),
      async () => accounts.stop(),
      stopSession,
      async () => await node.stop(),
      async () => metrics?.stop()
    )
  })
}

/** What directors are told of a relay. */
function registrationOf(
  member: ReturnType<typeof memberOptions>,
  { restricted }: RelayValues,
  relay: Relay
): DirectorSessionOptions {
  const load = new RelayLoad()
  return {
    ...member,
    role: 'relay',
    restricted,
    // The capacity is read at each registration, as it may have changed by then.
    get capacityBytesPerSecond() {
      return relay.limits.maxRateBytesPerSecond
    },
    load: () => load.of(relay.stats, relay.limits, performance.now())
  }
}

/**
 * Reads the limits again at each SIGHUP. Without a configuration file there is nothing to read.
 */
function reloadOnHangUp(relay: Relay, { reporter, configFile, reload }: CommandContext<RelayValues>): void {
  if (configFile === undefined) return
  rereadOnHangUp(reporter, async () => {
    const limits = await limitsOf(await reload())
    relay.setLimits(limits)
    reporter.tell({ event: 'reloaded', ...limits }, `limits read from ${configFile}`)
  })
}

async function limitsOf(values: RelayValues): Promise<Partial<RelayLimits>> {
  const { next, director, neighbor, allow } = values
  return {
    maxRateBytesPerSecond: values.maxRate,
    maxSessionRateBytesPerSecond: values.maxRatePerSession,
    maxBytesPerDay: values.maxBytesPerDay,
    maxBytesPerMonth: values.maxBytesPerMonth,
    memoryBytes: values.memory,
    maxSessions: values.maxSessions,
    maxSessionsPerPeer: values.maxSessionsPerPeer,
    nextHops: next ?? (director.length > 0 || neighbor.length > 0 ? 'known' : 'world'),
    maxUnsignedBytes: values.receipts === 'required' ? RECEIPT_LAG_BYTES : undefined,
    allowedPeers: allow.length > 0 ? await parsePeers(allow) : undefined
  }
}

/** Throws UsageError. */
async function parsePeers(texts: string[]): Promise<string[]> {
  // The module is loaded here, as peer ids take time to load.
  const { peerIdOf } = await import('../transport/peer-address.ts')
  return texts.map(peerIdOf)
}

/** What `anabranch status` shows. */
function figuresOf({ stats: { sessions, bytesForwarded, queuedBytes } }: Relay) {
  return { routes: sessions, forwardedBytes: bytesForwarded, queuedBytes }
}

function watchEvent(watch: RelayWatch, event: RelayEvent): void {
  if (event.kind === 'routeRefused') watch.refused(event, Date.now())
  if (event.kind !== 'routeEnded' || !event.reason) return
  const { wireStatus, message } = event.reason
  watch.failed({ status: wireStatus, message, peerId: event.route.peerId }, Date.now())
}

function tellRelayEvent(reporter: Reporter, event: RelayEvent): void {
  if (event.kind === 'allowanceUsed' || event.kind === 'allowanceBack') {
    const { kind, ...refusal } = event
    const text = event.kind === 'allowanceUsed' ? event.message : 'the relay may forward again'
    reporter.tell({ event: kind, ...refusal }, text)
    return
  }
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

function size(help: string) {
  return one({ value: 'SIZE', help, parse: parsePositiveBytes })
}

function parsePositiveBytes(text: string): number {
  return positive(text, parseBytes(text))
}

/** An eighth of what the machine has, or of what its container allows: the streams' windows hold up to four times as much. */
function usualMemoryBytes(): number {
  return Math.max(LEAST_MEMORY_BYTES, Math.floor(machineMemoryBytes() / 8))
}

function parseNextHops(text: string): NextHops {
  const found = NEXT_HOPS.find(name => name === text)
  if (found !== undefined) return found
  throw new UsageError(
    `'${text}' is none of known (nodes that a director names), world (what the asker could dial) and any`
  )
}

function parseReceipts(text: string): string {
  if (text === 'optional' || text === 'required') return text
  throw new UsageError(`'${text}' is neither optional nor required`)
}
