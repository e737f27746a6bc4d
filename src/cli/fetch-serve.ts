import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import type { FetchOptions } from '../client/fetch-options.ts'
import type { KeptContent, Output } from '../client/output/output.ts'
import type { DirectorSession } from '../discovery/director-session.ts'
import { UsageError } from '../errors.ts'
import { type ContentRecord, signContentRecord } from '../protocol/content-record.ts'
import { systemScheduler } from '../scheduler.ts'
import { PartStore } from '../source/part-store.ts'
import { Source } from '../source/source.ts'
import { createNode, type OverlayNode } from '../transport/node.ts'
import { formatDuration } from '../units/units.ts'
import { clientNodeOptions } from './client-settings.ts'
import type { CommandContext } from './command.ts'
import { listenSetting } from './common-settings.ts'
import type { FetchValues } from './fetch-settings.ts'
import { registrationEvents, stopAll } from './member.ts'
import { endAsked } from './signals.ts'
import { tellSession } from './source-start.ts'

/** Where a content is served on, besides the directors of the flags. */
interface ServingInit {
  /** Multiaddrs of directors that are not told the token. */
  otherDirectors: readonly string[]
  token?: string
}

/** Serves what a fetch has of a content to others, by the fetch's own node and under its identity. */
export class Serving {
  readonly node: OverlayNode
  readonly #privateKey: PrivateKey
  readonly #values: FetchValues
  readonly #context: CommandContext
  readonly #init: ServingInit
  readonly #sessions: DirectorSession[] = []
  #kept: KeptContent | undefined
  #store: PartStore | undefined
  #source: Source | undefined

  private constructor(
    node: OverlayNode,
    privateKey: PrivateKey,
    values: FetchValues,
    context: CommandContext,
    init: ServingInit
  ) {
    this.node = node
    this.#privateKey = privateKey
    this.#values = values
    this.#context = context
    this.#init = init
  }

  /** Starts the node. Throws ListenError. */
  static async start(values: FetchValues, context: CommandContext, init: ServingInit): Promise<Serving> {
    const options = await clientNodeOptions(values, context.environment)
    const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'))
    const listen = values.listen.length > 0 ? values.listen : listenSetting(0).listen.fallback
    const isNamed = (peerId: string) => serving.#isNeighbor(peerId)
    const node = await createNode({ ...options, privateKey, listen, isNamed })
    const serving: Serving = new Serving(node, privateKey, values, context, init)
    return serving
  }

  /** What the fetch has to be asked. */
  get request(): Pick<FetchOptions, 'node' | 'crowd'> {
    return { node: this.node, crowd: { onComing: ranges => this.#store?.expect(ranges) } }
  }

  /** Serves what is in the output, and what comes to it. Throws what the file system throws. */
  async begin(record: ContentRecord, output: Output): Promise<void> {
    const { reporter } = this.#context
    const kept = await output.openKept?.()
    if (!kept) throw new UsageError('--serve is for contents that are complete; this one is live')
    const own = { ...record, sourcePeerId: this.node.peerId.toString() }
    const store = new PartStore(own, await signContentRecord(own, this.#privateKey), kept)
    for (const range of kept.ranges) store.add(range)
    kept.onKept = range => store.add(range)
    this.#kept = kept
    this.#store = store
    this.#source = new Source({
      node: this.node,
      contents: store,
      isNeighbor: peerId => this.#isNeighbor(peerId),
      onEvent: event => tellSession(reporter, event)
    })
    await this.#source.start()
    const addresses = this.node.getMultiaddrs().map(String)
    const listening = {
      event: 'listening' as const,
      role: 'client',
      peerId: this.node.peerId.toString(),
      addresses
    }
    reporter.tell(listening, `serving what is here at ${addresses.join(' ')}`, 1)
    const { token, otherDirectors } = this.#init
    await this.#register(this.#values.director, token)
    await this.#register(otherDirectors.filter(address => !this.#values.director.includes(address)))
  }

  /** Serves on after the fetch, until a signal asks for the end or the time is over. */
  async goOn(): Promise<void> {
    const { serveFor } = this.#values
    const until = serveFor === undefined ? 'until Ctrl-C' : `for ${formatDuration(serveFor)}, or until Ctrl-C`
    this.#context.reporter.tell(
      { event: 'serving', ...(serveFor ? { leftMs: serveFor } : {}) },
      `serving it ${until}`
    )
    const over = Promise.withResolvers<void>()
    const cancel = serveFor === undefined ? () => {} : systemScheduler.after(serveFor, over.resolve)
    await Promise.race([endAsked(), over.promise])
    cancel()
  }

  /** Leaves the directors, ends what is being served, and stops the node. */
  async stop(): Promise<void> {
    await stopAll(
      ...this.#sessions.map(session => () => session.stop()),
      async () => await this.#source?.stop(),
      async () => await this.#kept?.close(),
      async () => await this.node.stop()
    )
  }

  async #register(directors: readonly string[], token?: string): Promise<void> {
    if (directors.length === 0) return
    const { DirectorSession } = await import('../discovery/director-session.ts')
    const session = new DirectorSession(this.node, {
      role: 'source',
      directors,
      ...(token === undefined ? {} : { token }),
      catalog: () => [this.#store!.item],
      ...registrationEvents(this.#context.reporter)
    })
    this.#sessions.push(session)
    session.start()
  }

  #isNeighbor(peerId: string): boolean {
    return this.#sessions.some(session => session.isNeighbor(peerId))
  }
}
