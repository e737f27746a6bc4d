import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fetchContent } from '../../src/client/client.ts'
import { Director } from '../../src/director/director.ts'
import { queryRoutes } from '../../src/discovery/director-client.ts'
import { DirectorSession } from '../../src/discovery/director-session.ts'
import type { PeerAddresses } from '../../src/protocol/director-messages.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import { createNode } from '../../src/transport/node.ts'
import { contentOf } from '../../test/director/cluster.ts'
import { peerOf } from '../../test/hostile/stage.ts'
import { ATTACKS, type Target } from './attacks.ts'
import { CROWDS } from './crowds.ts'
import { HONEST } from './hosts.ts'
import { Users } from './users.ts'

const SEGMENT_BYTES = 32 * 1024
/** An attacker's machine takes no time from those of the honest: their processes go first. */
const HONEST_NICENESS = -10
const AUTOGROUP = '/proc/self/autogroup'
/** The rate of the relay: an uplink of 64 Mbit/s. */
const RELAY_BYTES_PER_SECOND = 8_000_000
const LISTEN = [`/ip4/${HONEST}/tcp/0`]

/** Content that a client has in order, in bytes, and its clock in milliseconds. */
export interface Progress {
  bytes: number
  atMs: number
}

/** How the questions of an honest client to a director went. */
export interface Asked {
  count: number
  failed: number
  longestMs: number
  leastRoutes: number
}

const HONEST_NAME = 'honest'
const ASK_INTERVAL_MS = 100

const ROLES: Record<string, (order: never) => Promise<void>> = {
  source: async ({ directory }: { directory: string }) => {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await createNode({ listen: LISTEN, privateKey })
    const contents = new Catalog({
      directory,
      cacheDirectory: join(directory, '..', 'hashes'),
      segmentBytes: SEGMENT_BYTES,
      privateKey
    })
    await contents.start()
    await contents.whenIdle()
    // Attackers ask in clear: sealed orders come to the same code.
    await new Source({ node, contents, clear: true }).start()
    process.send!(peerOf(node))
  },

  /** `root`: the directory of the version to measure. */
  relay: async ({ root }: { root: string }) => {
    const nodes = (await import(
      `${root}/src/transport/node.ts`
    )) as typeof import('../../src/transport/node.ts')
    const relays = (await import(`${root}/src/relay/relay.ts`)) as typeof import('../../src/relay/relay.ts')
    const node = await nodes.createNode({ listen: LISTEN })
    await new relays.Relay({ node, limits: { maxRateBytesPerSecond: RELAY_BYTES_PER_SECOND } }).start()
    process.send!(peerOf(node))
  },

  director: async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await createNode({ listen: LISTEN, privateKey })
    const director = new Director({ node, privateKey })
    await director.start()
    process.on('message', () => process.send!(director.counts.nodes))
    process.send!(peerOf(node))
  },

  /** A source and two relays that are registered with the director. */
  members: async ({ director }: { director: PeerAddresses }) => {
    const directors = [director.addresses[0]!]
    const key = await generateKeyPair('Ed25519')
    const contents = [await contentOf(HONEST_NAME, key)]
    for (const role of ['source', 'relay', 'relay'] as const) {
      const node = await createNode({ listen: LISTEN, ...(role === 'source' && { privateKey: key }) })
      const registered = Promise.withResolvers<unknown>()
      const onRegistered = registered.resolve
      new DirectorSession(node, {
        ...{ directors, role, onRegistered },
        ...(role === 'source' && { catalog: () => contents })
      }).start()
      await registered.promise
    }
    process.send!('ready')
  },

  /** Asks the director for routes again and again, and tells how that went when it is asked. */
  asker: async ({ director }: { director: PeerAddresses }) => {
    const node = await createNode({ listen: [] })
    const asked: Asked = { count: 0, failed: 0, longestMs: 0, leastRoutes: Number.POSITIVE_INFINITY }
    process.on('message', () => process.send!(asked))
    process.send!('ready')
    for (;;) {
      const from = performance.now()
      asked.count++
      try {
        const question = { content: { name: HONEST_NAME }, routes: 2, sameNetwork: true }
        const { routes } = await queryRoutes(node, director.addresses, question)
        asked.leastRoutes = Math.min(asked.leastRoutes, routes.length)
      } catch {
        asked.failed++
      }
      asked.longestMs = Math.max(asked.longestMs, performance.now() - from)
      await delay(ASK_INTERVAL_MS)
    }
  },

  /** Brings a crowd to the director when it is told to, and tells what was let in. */
  crowd: async ({ name, director }: { name: string; director: PeerAddresses }) => {
    process.on('message', async () => process.send!(await CROWDS[name]!(director)))
    process.send!('ready')
  },

  /** Fetches the content over the relay again and again, and tells its progress when it is asked. */
  client: async ({ relay, source, content }: Target) => {
    let bytes = 0
    process.on('message', () => process.send!({ bytes, atMs: performance.now() } satisfies Progress))
    const openOutput = async () => ({
      resumeBytes: 0,
      write: async (chunks: Uint8Array[]) => {
        for (const { byteLength } of chunks) bytes += byteLength
      },
      finish: async () => ({}),
      abandon: async () => {}
    })
    process.send!('ready')
    for (;;) {
      const paths = [{ relays: [relay], source }]
      await fetchContent({ name: content, directors: [], paths, openOutput }).catch(() => delay(100))
    }
  },

  /** Pings a node until it is asked how it was served; begins anew with each other message. */
  users: async ({ address }: { address: string }) => {
    const users = await Users.start(address)
    process.on('message', async what => {
      if (what === 'served') process.send!(await users.stop())
      else users.reset()
    })
    process.send!('ready')
  },

  /** Gets ready, begins when it is told to, and then does the same again and again until it is killed. */
  attacker: async ({ name, target }: { name: string; target: Target }) => {
    const once = await ATTACKS[name]!(target)
    process.on('message', async () => {
      for (let turn = 0; ; turn++) {
        await once(turn).catch(() => {})
        if (turn === 0) process.send!('through')
        await new Promise(resolve => setImmediate(resolve))
      }
    })
    process.send!('ready')
  }
}

const [role, order] = process.argv.slice(2)
giveTime(role === 'attacker' || role === 'crowd' ? 0 : HONEST_NICENESS)
process.on('disconnect', () => process.exit())
await ROLES[role!]!(JSON.parse(order!) as never)

/** Sets the priority of this process, which is alone in its session, also among the other sessions. */
function giveTime(niceness: number): void {
  setPriority(niceness)
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(niceness))
}
