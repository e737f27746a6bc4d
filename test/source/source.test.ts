import { afterEach, describe, expect, it } from 'vitest'
import { WireStatus } from '../../src/errors.ts'
import { Pattern } from '../../src/pattern/pattern.ts'
import type { Request } from '../../src/protocol/route-messages.ts'
import type { ContentStore } from '../../src/source/content-store.ts'
import { Source, type SourceEvent, type SourceOptions } from '../../src/source/source.ts'
import type { OverlayNode } from '../../src/transport/node.ts'
import { control } from '../protocol/messages.ts'
import { ask, eventually, Network } from '../relay/harness.ts'

const network = new Network()
afterEach(() => network.stop())

/** A content of a thousand segments that is never read. */
const record = {
  name: 'films/a.mkv',
  sizeBytes: 1_000_000,
  segmentBytes: 1_000,
  rootHash: new Uint8Array(32)
}
const item = { record, recordBytes: Uint8Array.of(1, 2, 3) }
let closedReaders = 0
const contents = {
  find: () => item,
  findByRoot: () => item,
  open: async () => ({
    close: async () => {
      closedReaders++
    }
  })
} as unknown as ContentStore

async function start(options: Partial<SourceOptions> = {}) {
  const events: SourceEvent[] = []
  const node = await network.node()
  const source = new Source({ node, contents, clear: true, onEvent: event => events.push(event), ...options })
  await source.start()
  return { source, node, events }
}

let sessions = 0
/** Asks for a route of a new session; gives the source's first answer. */
async function askSession(client: OverlayNode, node: OverlayNode, wishes: Partial<Request> = {}) {
  const sessionId = new Uint8Array(16)
  new DataView(sessionId.buffer).setUint32(0, ++sessions)
  const peer = await ask(client, node, [], { sessionId }, wishes)
  await peer.until(() => peer.received.length > 0)
  const [answer] = peer.received
  return answer?.kind === 'status' ? answer.status : answer?.kind
}

describe('a source', () => {
  it('keeps room for others than the peer with many sessions', async () => {
    const { node, source } = await start({ limits: { maxSessions: 4 } })
    const [a, b, c, d] = [
      await network.node(false),
      await network.node(false),
      await network.node(false),
      await network.node(false)
    ]
    const asked = []
    for (const client of [a, a, a, b, b, c, d]) asked.push(await askSession(client, node))
    const refused = WireStatus.refusedPeerSessions
    expect(asked).toEqual([
      'opened',
      'opened',
      refused,
      'opened',
      refused,
      'opened',
      WireStatus.refusedSessions
    ])
    expect(source.sessions).toBe(4)
  })

  it('gives more of them to a relay that a director has named', async () => {
    const relay = await network.node(false)
    const isNeighbor = (peerId: string) => peerId === relay.peerId.toString()
    const { node } = await start({ limits: { maxSessions: 4 }, isNeighbor })
    const asked = []
    for (let i = 0; i < 4; i++) asked.push(await askSession(relay, node))
    expect(asked).toEqual(['opened', 'opened', 'opened', WireStatus.refusedPeerSessions])
  })

  it('keeps no session whose first orders are refused', async () => {
    const { node, source, events } = await start()
    closedReaders = 0
    const longest = { version: 0, from: 0, pattern: Pattern.parse('[AB]'.repeat(4_096)) }
    const patterns = Array.from({ length: 17 }, (_, i) => ({ ...longest, version: i + 1, from: i * 10 }))
    const answer = await askSession(await network.node(false), node, { control: control({ patterns }) })
    expect(answer).toBe(WireStatus.invalidRequest)
    await eventually(() => closedReaders === 1)
    expect(source.sessions).toBe(0)
    expect(events.map(({ kind }) => kind)).toEqual(['session', 'sessionEnded'])
  })
})
