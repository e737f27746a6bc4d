import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Attachments } from '../discovery/attachments.ts'
import type { DirectorSession } from '../discovery/director-session.ts'
import { ConfigurationError, WireStatus } from '../errors.ts'
import { followCatalog } from '../library/follow-catalog.ts'
import { DEFAULT_SEGMENT_BYTES } from '../protocol/content-record.ts'
import type { PeerAddresses } from '../protocol/director-messages.ts'
import { saying } from '../protocol/peer-word.ts'
import { systemScheduler } from '../scheduler.ts'
import type { Catalog } from '../source/catalog.ts'
import { foundByRootAlone } from '../source/content-store.ts'
import { reasonOf } from '../transport/failure-reasons.ts'
import { hasIpv6 } from '../transport/interfaces.ts'
import type { NodeOptions, OverlayNode } from '../transport/node.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import {
  DIRECTOR_SETTINGS,
  GENERAL_SETTINGS,
  listenSetting,
  MEMBER_SETTINGS,
  NODE_SETTINGS
} from './common-settings.ts'
import { runUntilSignal } from './daemon.ts'
import { registrationEvents, stopAll } from './member.ts'
import { daemonNodeOptions } from './node-options.ts'
import { defaultHome } from './paths.ts'
import type { Reporter } from './reporter.ts'
import { list, one, type Values } from './settings.ts'
import { ShareTicket } from './share-ticket.ts'
import { onEndSignal } from './signals.ts'
import { tellCatalog, tellSession } from './source-start.ts'
import { readToken } from './token.ts'

/** Ports that no program has to itself: each shared file gets one of them, the same one each time. */
const FIRST_PORT = 49_152
const PORTS = 16_384
/** Milliseconds between two tries to reach who is to be offered the file. */
const OFFER_RETRY_MS = 2_000

const SETTINGS = {
  relay: list({
    value: 'ADDRESS',
    help: 'address of a relay, with its peer id, over which others can come here',
    parse: text => text
  }),
  to: one({
    value: 'ADDRESS',
    help: 'address, with the peer id, of somebody who waits with client receive: offer the file there',
    parse: text => text
  }),
  ...DIRECTOR_SETTINGS,
  reverse: MEMBER_SETTINGS.reverse,
  ...listenSetting(0),
  listen: list({
    ...listenSetting(0).listen,
    value: 'ADDRESS',
    parse: text => listenSetting(0).listen.parse([text])[0]!,
    fallback: [],
    fallbackText: 'all addresses of this host, at a port that is the same each time for one file'
  }),
  ...NODE_SETTINGS,
  ...GENERAL_SETTINGS
}

type ShareValues = Values<typeof SETTINGS>

/** `source share FILE`: offers one file to whoever has its ticket, which it prints. */
export function sourceShare(run: CliRun): Command {
  return defineCommand(
    {
      name: 'share',
      summary: 'offer one file until it is told to stop, and print a ticket with which others can fetch it',
      role: 'share',
      argument: { name: 'FILE', help: 'the file' },
      isDaemon: true,
      settings: SETTINGS,
      run: runShare
    },
    run
  )
}

async function runShare(values: ShareValues, context: CommandContext, file: string): Promise<number> {
  const { reporter, environment } = context
  await checkFile(file)
  const { parsePeerAddress } = await import('../transport/peer-address.ts')
  const { openHome } = await import('../transport/home.ts')
  const { Catalog } = await import('../source/catalog.ts')
  const { Source } = await import('../source/source.ts')
  const { answerStatus } = await import('./status-server.ts')
  const relays = values.relay.map(parsePeerAddress)
  const to = values.to === undefined ? undefined : parsePeerAddress(values.to)
  const token = await readToken(values, environment)
  const digest = createHash('sha256')
    .update(await realpath(file))
    .digest()
  const home = values.home ?? join(defaultHome('share', environment), digest.toString('hex').slice(0, 16))
  const privateKey = await openHome(home)
  const catalog = new Catalog({
    directory: dirname(resolve(file)),
    onlyFile: basename(resolve(file)),
    cacheDirectory: join(home, 'hashes'),
    segmentBytes: DEFAULT_SEGMENT_BYTES,
    privateKey
  })
  const isNeighbor = (peerId: string) =>
    ways.session.isNeighbor(peerId) || relays.some(relay => relay.peerId === peerId)
  const options = { ...(await daemonNodeOptions(values, context)), privateKey, isNamed: isNeighbor }
  const node = await createSharingNode(options, FIRST_PORT + (digest.readUInt16BE() % PORTS))
  const source = new Source({
    node,
    contents: foundByRootAlone(catalog),
    isNeighbor,
    onEvent: event => tellSession(reporter, event)
  })
  const ways = await openWays(node, catalog, { ...values, ...token, relays, to }, reporter)
  tellCatalog(reporter, catalog)
  await source.start()
  await catalog.start()
  const addresses = node.getMultiaddrs().map(String)
  const listening = { event: 'listening' as const, role: 'source', peerId: node.peerId.toString(), addresses }
  reporter.tell(listening, `listening on ${addresses.join(' ')}`, 1)
  const status = { role: 'share', peerId: node.peerId.toString(), addresses, home, content: basename(file) }
  await answerStatus(context, status, () => ({ figures: { sessions: source.sessions }, source: source.view }))
  ways.session.start()
  return await runUntilSignal(() =>
    stopAll(
      async () => ways.attachments.stop(),
      () => ways.session.stop(),
      () => source.stop(),
      () => catalog.stop(),
      async () => await node.stop()
    )
  )
}

interface WaysInit {
  director: string[]
  relays: PeerAddresses[]
  reverse: boolean
  token?: string
  /** Who is to be offered each ticket. */
  to: PeerAddresses | undefined
}

/** Makes the ways known that lead to a node: to directors, to the user's relays, and by a ticket. */
async function openWays(
  node: OverlayNode,
  catalog: Catalog,
  { director, relays, reverse, token, to }: WaysInit,
  reporter: Reporter
): Promise<{ session: DirectorSession; attachments: Attachments }> {
  const { Attachments } = await import('../discovery/attachments.ts')
  const { DirectorSession } = await import('../discovery/director-session.ts')
  const ticket = new ShareTicket({
    reporter,
    peerId: node.peerId.toString(),
    addresses: () => (reverse ? [] : node.getMultiaddrs().map(String)),
    relays,
    addressesOf: peerId => session.addressesOf(peerId) ?? [],
    directors: director,
    ...(to ? { onTicket: ticket => void offerTo(node, to, ticket, reporter) } : {}),
    scheduler: systemScheduler
  })
  const { onRegistered, onAttached, onProblem } = registrationEvents(reporter)
  const session = new DirectorSession(node, {
    role: 'source',
    directors: director,
    reverse,
    ...(token === undefined ? {} : { token }),
    catalog: () => catalog.list(),
    onRegistered: address => {
      onRegistered(address)
      ticket.registered()
    },
    onAttached: peerIds => {
      onAttached(peerIds)
      ticket.attached(peerIds)
    },
    onProblem
  })
  const attachments = new Attachments({
    node,
    onAttached: peerIds => {
      onAttached(peerIds)
      ticket.attachedByHand(peerIds)
    },
    scheduler: systemScheduler
  })
  attachments.setCandidates(relays)
  // Round trips choose among relays, and all of these are wanted.
  for (const { peerId } of relays) attachments.measured(peerId, 0)
  followCatalog(session, catalog)
  catalog.on('added', record => ticket.offered(record))
  return { session, attachments }
}

/** Offers a ticket until the peer has answered, which may not wait for it yet. */
async function offerTo(
  node: OverlayNode,
  to: PeerAddresses,
  ticket: string,
  reporter: Reporter
): Promise<void> {
  const { sendOffer } = await import('../source/offer-sender.ts')
  const ended = new AbortController()
  const undo = onEndSignal(() => ended.abort())
  for (let told = ''; !ended.signal.aborted; ) {
    try {
      const { status, message } = await sendOffer(node, to, ticket, ended.signal)
      const isTaken = status === WireStatus.ok
      const text = isTaken ? `${to.peerId} fetches it` : saying(to.peerId, message)
      reporter.tell({ event: 'offered', peerId: to.peerId, status, message }, text)
      break
    } catch (error) {
      const message = `${to.peerId} cannot be told yet: ${reasonOf(error)}; trying again`
      if (!ended.signal.aborted && message !== told) reporter.tell({ event: 'problem', message }, message)
      told = message
      await setTimeout(OFFER_RETRY_MS, undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  undo()
}

/** Throws ConfigurationError for what is no file that can be read. */
async function checkFile(file: string): Promise<void> {
  const stats = await stat(file).catch(error => {
    throw new ConfigurationError(`Cannot share ${file}: ${(error as Error).message}`, error)
  })
  if (stats.isFile()) return
  throw new ConfigurationError(`Cannot share ${file}: it is no file; several files go into one, as by tar`)
}

/** Without addresses to listen on, the node listens at `port`, or at any port where that is taken. */
async function createSharingNode(options: NodeOptions, port: number) {
  const { createNode, ListenError } = await import('../transport/node.ts')
  if (options.listen.length > 0) return await createNode(options)
  const allAt = (port: number) => [`/ip4/0.0.0.0/tcp/${port}`, ...(hasIpv6() ? [`/ip6/::/tcp/${port}`] : [])]
  return await createNode({ ...options, listen: allAt(port) }).catch(async error => {
    if (!(error instanceof ListenError)) throw error
    return await createNode({ ...options, listen: allAt(0) })
  })
}
