import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { fetchContent } from '../../src/client/client.ts'
import { Director } from '../../src/director/director.ts'
import { Catalog } from '../../src/source/catalog.ts'
import { Source } from '../../src/source/source.ts'
import { createNode } from '../../src/transport/node.ts'
import { peerOf } from '../../test/hostile/stage.ts'
import { ATTACKS, type Target } from './attacks.ts'
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
    process.on('message', () => process.send!(director.counts))
    process.send!(peerOf(node))
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
      finish: async () => ({ sha256: '' }),
      abandon: async () => {}
    })
    process.send!('ready')
    for (;;) {
      const paths = [{ relays: [relay], source }]
      await fetchContent({ name: content, directors: [], source, paths, openOutput }).catch(() => delay(100))
    }
  },

  /** Pings the relay until it is asked how it was served; begins anew with each other message. */
  users: async ({ relay }: Target) => {
    const users = await Users.start(relay.addresses[0]!)
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
giveTime(role === 'attacker' ? 0 : HONEST_NICENESS)
process.on('disconnect', () => process.exit())
await ROLES[role!]!(JSON.parse(order!) as never)

/** Sets the priority of this process, which is alone in its session, also among the other sessions. */
function giveTime(niceness: number): void {
  setPriority(niceness)
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(niceness))
}
