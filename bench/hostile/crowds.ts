import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import { DIRECTOR_WIRE_LIMITS } from '../../src/protocol/director-limits.ts'
import {
  type CatalogItem,
  DIRECTOR_PROTOCOL,
  type DirectorReply,
  type DirectorRequest,
  type PeerAddresses
} from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import { FramedStream } from '../../src/transport/framed-stream.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { hostileHost, nodeAt } from './hosts.ts'

/** Brings a crowd to a director, and has it stay. Resolves with what of it was let in. */
export type Crowd = (director: PeerAddresses) => Promise<string>

const IN_PARALLEL = 32
/** Entries of one frame, each with a record of usual length. */
const ENTRIES_PER_FRAME = 300
const RECORD_BYTES = 200
const PATIENCE_MS = 15_000

export const CROWDS: Record<string, Crowd> = {
  '100,000 catalog entries of one source': async director => {
    const count = 100_000
    const source = await say(await nodeAt(hostileHost(0)), director, register('source'))
    await source.until(({ kind }) => kind === 'neighbors')
    let entries = 0
    for (let from = 0; from < count; from += ENTRIES_PER_FRAME) {
      const put = Array.from({ length: Math.min(ENTRIES_PER_FRAME, count - from) }, (_, i) => entry(from + i))
      source.send({ kind: 'catalog', put, remove: [], complete: from + put.length === count })
      const stored = await source.until(({ kind }) => kind === 'catalogStored')
      if (stored?.kind === 'catalogStored') entries = stored.entries
    }
    return `${entries} of ${count} entries`
  },
  '10,000 relays of 200 hosts': director => registerMany(director, 10_000, at => hostileHost(at % 200)),
  '1,000 relays of one host': director => registerMany(director, 1_000, () => hostileHost(0)),
  '5,000 watches of 100 clients and hosts': async director => {
    const nodes = await Promise.all(Array.from({ length: 100 }, (_, at) => nodeAt(hostileHost(at))))
    return await inParallel(5_000, 'watches', async at => {
      const query = { name: at % 2 === 0 ? 'honest' : `nobody has ${at}` }
      const watch = await say(nodes[at % nodes.length]!, director, {
        ...{ kind: 'query', content: query, routes: 16, held: [], watch: true, routeProtocol: ROUTE_PROTOCOL }
      })
      const answer = await watch.until(({ kind }) => kind === 'answer')
      return answer?.kind === 'answer' && answer.status !== 300
    })
  }
}

async function registerMany(
  director: PeerAddresses,
  count: number,
  hostOf: (at: number) => string
): Promise<string> {
  return await inParallel(count, 'relays', async at => {
    const host = hostOf(at)
    const node = await nodeAt(host)
    const relay = await say(node, director, register('relay', [`/ip4/${host}/tcp/${1_024 + (at % 60_000)}`]))
    return (await relay.until(({ kind }) => kind === 'registered')) !== undefined
  })
}

/** Does something so many times, some at once. Resolves with how often it has come true. */
async function inParallel(
  count: number,
  what: string,
  task: (at: number) => Promise<boolean>
): Promise<string> {
  let next = 0
  let done = 0
  const work = async () => {
    while (next < count) if (await task(next++).catch(() => false)) done++
  }
  await Promise.all(Array.from({ length: IN_PARALLEL }, work))
  return `${done} of ${count} ${what}`
}

function register(role: 'source' | 'relay', addresses: string[] = []): DirectorRequest {
  return {
    kind: 'register',
    role,
    addresses,
    labels: [],
    restricted: false,
    capabilities: [],
    routeProtocol: ROUTE_PROTOCOL
  }
}

function entry(at: number): CatalogItem {
  const rootHash = new Uint8Array(32)
  new DataView(rootHash.buffer).setUint32(0, at)
  return { name: `a crowd of contents/${at}.bin`, rootHash, record: new Uint8Array(RECORD_BYTES).fill(at) }
}

/** A stream to the director on which `first` was said. */
async function say(node: OverlayNode, { addresses }: PeerAddresses, first: DirectorRequest) {
  const raw = await node.dialProtocol(multiaddr(addresses[0]!), DIRECTOR_PROTOCOL, { maxOutboundStreams: 64 })
  const replies: DirectorReply[] = []
  let isClosed = false
  let change = () => {}
  const stream = new FramedStream(raw, {
    maxFrameBytes: DIRECTOR_WIRE_LIMITS.maxReplyBytes,
    handlers: {
      onFrame: frame => {
        replies.push(decodeDirectorReply(frame))
        change()
      },
      onEnd: () => {},
      onClose: () => {
        isClosed = true
        change()
      }
    }
  })
  const send = (request: DirectorRequest) => stream.send(encodeDirectorRequest(request))
  send(first)
  return {
    send,
    /** The first reply that fits, of those that nobody has read; undefined where none comes. */
    until: async (fits: (reply: DirectorReply) => boolean) => {
      const overdue = delay(PATIENCE_MS, undefined, { ref: false }).then(() => true)
      for (;;) {
        const found = replies.splice(0).find(fits)
        if (found || isClosed) return found
        const changed = new Promise<boolean>(resolve => {
          change = () => resolve(false)
        })
        if (await Promise.race([changed, overdue])) return undefined
      }
    }
  }
}
