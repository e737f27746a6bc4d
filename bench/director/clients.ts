import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { signContentRecord } from '../../src/protocol/content-record.ts'
import { decodeDirectorReply, encodeDirectorRequest } from '../../src/protocol/director-codec.ts'
import {
  type CatalogItem,
  DIRECTOR_PROTOCOL,
  type MeasuredPeer,
  type QueryRequest
} from '../../src/protocol/director-messages.ts'
import { ROUTE_PROTOCOL } from '../../src/protocol/route-codec.ts'
import type { LightConnection } from './light-connection.ts'
import { LightCrowd } from './light-crowd.ts'
import { newIdentity } from './light-identity.ts'
import { dialLight, keepAlive, type LightMember, targetOf } from './light-member.ts'

// The sources, watches and queries of the bench of directors, in one process. Is told what to do by messages.
export interface ClientsInit {
  director: string
  sources: number
  contents: number
  watches: number
}
export type ClientsOrder =
  | { order: 'sources' }
  | { order: 'watch' }
  | { order: 'queries'; perSecond: number; relayIds: string[] }
  | { order: 'stop' }

/** Milliseconds that queries took, and what came back. */
export interface Queried {
  tookMs: number[]
  found: number
  routes: number
  lost: number
}

const WATCHES_PER_CONNECTION = 50
const QUERY_CONNECTIONS = 10
const ROUTES = 8
/** One query in so many names the relays that the client can reach. */
const KNOWING = 4
const KNOWN_RELAYS = 20
const { director, ...init } = JSON.parse(process.argv[2]!) as ClientsInit
const target = targetOf(director)
const crowd = await LightCrowd.create({
  role: 'source',
  count: init.sources,
  target,
  atOnce: 10,
  firstByte: 200
})
const names = Array.from({ length: init.contents }, (_, at) => `content-${at}.bin`)
await Promise.all(crowd.members.map(async (member, at) => member.setCatalog(await catalogOf(member, at))))

let watchNews = 0
let watching = 0
let queried = nothing()
let endQueries = () => {}
let relayIds: string[] = []

process.on('message', (told: ClientsOrder) => {
  if (told.order === 'sources') crowd.start()
  else if (told.order === 'watch') void watchAll()
  else if (told.order === 'queries') {
    relayIds = told.relayIds
    endQueries()
    endQueries = startQueries(told.perSecond)
  } else {
    endQueries()
    process.send!({ queried })
    queried = nothing()
  }
})
process.on('disconnect', () => process.exit())
process.send!({ ready: true })
setInterval(() => process.send!({ reached: crowd.reached, watching, watchNews }), 250)

function nothing(): Queried {
  return { tookMs: [], found: 0, routes: 0, lost: 0 }
}

async function catalogOf({ identity }: LightMember, at: number): Promise<CatalogItem[]> {
  const own = names.filter((_, index) => index % init.sources === at)
  return await Promise.all(
    own.map(async name => {
      const rootHash = createHash('sha256').update(name).digest()
      const stated = { name, sizeBytes: 1_000_000, segmentBytes: 32_768, modifiedAtMs: 1, rootHash }
      const record = await signContentRecord({ ...stated, sourcePeerId: identity.peerId }, identity)
      return { name, rootHash, record }
    })
  )
}

function queryOf(watch: boolean, neighbors?: MeasuredPeer[]): QueryRequest {
  const name = names[Math.floor(Math.random() * names.length)]!
  const asked = { kind: 'query' as const, content: { name }, routes: ROUTES, held: [], watch }
  return { ...asked, routeProtocol: ROUTE_PROTOCOL, ...(neighbors ? { neighbors } : {}) }
}

/** Keeps a connection to the director for whoever needs it, and makes another when it is lost. */
class Standing {
  readonly #identity = newIdentity()
  connection: LightConnection | undefined
  readonly #onOpen: (connection: LightConnection) => void

  constructor(onOpen: (connection: LightConnection) => void = () => {}) {
    this.#onOpen = onOpen
    void this.#open()
  }

  async #open(): Promise<void> {
    for (;;) {
      const connection = await dialLight(target, '127.0.0.1', this.#identity).catch(() => undefined)
      if (!connection) {
        await delay(100 + 200 * Math.random())
        continue
      }
      const stopPings = keepAlive(connection)
      this.connection = connection
      connection.onClose = () => {
        stopPings()
        this.connection = undefined
        setTimeout(() => void this.#open(), 100)
      }
      this.#onOpen(connection)
      return
    }
  }
}

async function watchAll(): Promise<void> {
  for (let left = init.watches; left > 0; left -= WATCHES_PER_CONNECTION) {
    const count = Math.min(left, WATCHES_PER_CONNECTION)
    new Standing(connection => {
      for (let at = 0; at < count; at++) openWatch(connection)
    })
    await delay(100)
  }
}

function openWatch(connection: LightConnection): void {
  let isTold = false
  const stream = connection.open(DIRECTOR_PROTOCOL, {
    onFrame: () => {
      watchNews++
      if (!isTold) watching++
      isTold = true
    },
    onEnd: () => {
      if (isTold) watching--
    }
  })
  stream.send(encodeDirectorRequest(queryOf(true)))
}

/** Asks at random times, so many a second on average, and whether or not answers have come. */
function startQueries(perSecond: number): () => void {
  const standing = Array.from({ length: QUERY_CONNECTIONS }, () => new Standing())
  let nextMs = performance.now() + 1_000
  let isOver = false
  const turn = (): void => {
    if (isOver) return
    while (nextMs <= performance.now()) {
      const { connection } = standing[Math.floor(Math.random() * standing.length)]!
      if (connection) ask(connection, nextMs)
      nextMs += (-Math.log(1 - Math.random()) * 1_000) / perSecond
    }
    setTimeout(turn, 1)
  }
  turn()
  return () => {
    isOver = true
    for (const { connection } of standing) connection?.destroy()
  }
}

function ask(connection: LightConnection, dueMs: number): void {
  const isKnowing = relayIds.length > 0 && Math.random() < 1 / KNOWING
  const query = queryOf(false, isKnowing ? someRelays() : undefined)
  let isAnswered = false
  const stream = connection.open(DIRECTOR_PROTOCOL, {
    onFrame: frame => {
      isAnswered = true
      queried.tookMs.push(performance.now() - dueMs)
      const reply = decodeDirectorReply(frame)
      if (reply.kind !== 'answer' || reply.holders.length === 0) return
      queried.found++
      queried.routes += reply.routes.length
    },
    onEnd: () => {
      if (!isAnswered) queried.lost++
    }
  })
  stream.send(encodeDirectorRequest(query))
  stream.finish()
}

function someRelays(): MeasuredPeer[] {
  const some = Array.from(
    { length: KNOWN_RELAYS },
    () => relayIds[Math.floor(Math.random() * relayIds.length)]!
  )
  return [...new Set(some)].map(peerId => ({ peerId, rttMs: 10 + 60 * Math.random() }))
}
