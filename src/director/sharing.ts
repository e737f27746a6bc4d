import { MalformedMessageError } from '../protocol/malformed-message.ts'
import type { Scheduler } from '../scheduler.ts'
import type { DirectorEvent } from './director-event.ts'
import { DirectorLeases } from './director-leases.ts'
import type { DirectorLimits } from './limits.ts'
import { OwnRows } from './own-rows.ts'
import type { Registry } from './registry.ts'
import type { RegistryChange } from './registry-change.ts'
import { SHARED } from './shared-limits.ts'
import type { SharedState } from './shared-state.ts'
import { decodeWord, directorKey, encodeWord, readKey, type SharedWord } from './shared-values.ts'
import { ToldRows } from './told-rows.ts'

export interface SharingOptions {
  state: SharedState
  /** The director's own id. */
  owner: string
  registry: Registry
  limits: DirectorLimits
  scheduler: Scheduler
  onEvent?: (event: DirectorEvent) => void
}

/**
 * Tells other directors of the nodes that are registered with this one, and has the registry follow
 * what they tell of theirs. While the state is away, the director goes on with what it knows.
 */
export class Sharing {
  readonly #options: SharingOptions
  readonly #own: OwnRows
  readonly #told: ToldRows
  readonly #leases = new DirectorLeases()
  readonly #cancels = new Map<string, () => void>()
  #isRunning = false
  /** All that others had told has been read once. */
  #isRead = false
  /** When the last own sign of life came back; undefined until one has. */
  #aliveMs: number | undefined
  #startedMs = 0
  #wasAlive: boolean | undefined
  #isWriting = false
  readonly #ready = Promise.withResolvers<void>()
  #hasLeftOut = false

  constructor(options: SharingOptions) {
    const { owner, registry } = options
    this.#options = options
    this.#own = new OwnRows(owner, registry)
    this.#told = new ToldRows(peerId => registry.node(peerId)?.owner === owner)
  }

  /** Resolves when this director knows what others know, or does not get to know it soon. */
  async start(): Promise<void> {
    this.#isRunning = true
    this.#startedMs = this.#nowMs
    this.#options.state.start({
      onValue: (key, value, isNew) => this.#onValue(key, value, isNew),
      onRead: keys => this.#onRead(keys),
      onWord: word => this.#onWord(word),
      onProblem: message => this.#options.onEvent?.({ kind: 'stateProblem', message })
    })
    this.#beat()
    this.#each('loads', SHARED.loadsMs, () => this.#tellLoads())
    this.#each('refresh', SHARED.refreshMs, () => {
      this.#own.refresh()
      this.#writeLater()
    })
    this.#later('patience', SHARED.patienceMs, () => this.#ready.resolve())
    await this.#ready.promise
  }

  /** What this director has told stays there for its lease, for it may be back soon. */
  async stop(): Promise<void> {
    this.#isRunning = false
    for (const cancel of this.#cancels.values()) cancel()
    this.#ready.resolve()
    await this.#options.state.stop()
  }

  /** What the registry holds may be less than what all directors hold. */
  get isSettling(): boolean {
    return !this.#isRead || !this.#isAlive
  }

  /** Hears of each change that this director has made, once it is applied. */
  published(change: RegistryChange): void {
    this.#own.onChange(change)
    const { owner, limits } = this.#options
    if (change.kind === 'registered')
      this.#apply(this.#told.ownBegan(change.node.peerId, limits.measurementTtlMs))
    if (change.kind === 'measured')
      this.#told.ownMeasured(
        change.peerId,
        change.peers.map(({ peerId }) => peerId)
      )
    if (change.kind === 'gone') this.#apply(this.#told.ownEnded(change.peerId))
    if (change.kind === 'expired') this.#apply(change.peerIds.flatMap(peerId => this.#told.ownEnded(peerId)))
    if (change.kind === 'complained')
      this.#say({ kind: 'complained', from: owner, host: change.host, relays: change.relays })
    this.#relink(change)
    this.#writeLater()
  }

  get #nowMs(): number {
    return this.#options.scheduler.nowMs()
  }

  get #isAlive(): boolean {
    return this.#aliveMs !== undefined && this.#nowMs - this.#aliveMs < SHARED.patienceMs
  }

  /** Gives a sign of life, and looks who else does. */
  #beat(): void {
    const { owner, state } = this.#options
    state.put(directorKey(owner), new Uint8Array(1)).catch(() => {
      // What comes of it shows by whether it comes back.
    })
    this.#tellWhetherAlive()
    for (const director of this.#leases.pass(this.#nowMs, this.#isAlive)) {
      this.#options.onEvent?.({ kind: 'directorLost', peerId: director })
      this.#apply(this.#told.end(director))
    }
    this.#later('beat', SHARED.heartbeatMs, () => this.#beat())
  }

  #tellWhetherAlive(): void {
    const isAlive = this.#isAlive
    if (isAlive === this.#wasAlive || (!isAlive && this.#nowMs - this.#startedMs < SHARED.patienceMs)) return
    this.#wasAlive = isAlive
    this.#options.onEvent?.({ kind: isAlive ? 'stateFound' : 'stateLost' })
  }

  #onValue(key: string, value: Uint8Array | undefined, isNew: boolean): void {
    const { owner } = this.#options
    const read = readKey(key)
    if (!read) return
    if (read.kind === 'director') {
      if (!isNew) return
      if (read.director === owner) this.#aliveMs = this.#nowMs
      else this.#heard(read.director)
    } else if (read.director !== owner || !this.#isRead) {
      this.#reading(() => this.#apply(this.#told.put(read, value)))
    } else if (isNew) {
      this.#own.onTold(key, value)
      this.#writeLater()
    }
  }

  #heard(director: string): void {
    if (!this.#leases.heard(director)) return
    this.#options.onEvent?.({ kind: 'directorFound', peerId: director })
    this.#apply(this.#told.begin(director))
  }

  #onRead(keys: ReadonlySet<string>): void {
    this.#apply(this.#told.retain(keys))
    if (!this.#isRead) {
      this.#adopt()
      // Those who are there say so within their heartbeat: then their nodes are known, too.
      this.#later('ready', 1.5 * SHARED.heartbeatMs, () => this.#ready.resolve())
    }
    this.#isRead = true
    this.#own.writeMissing(keys)
    this.#writeLater()
    this.#later('strays', SHARED.leaseMs, () => {
      this.#own.removeStrays(keys)
      this.#writeLater()
    })
  }

  /**
   * Takes what this director itself has told before it was started anew. Its nodes are on their way
   * back: they have a lease's time for it.
   */
  #adopt(): void {
    const { owner, limits } = this.#options
    this.#apply(this.#told.recall(owner, limits.measurementTtlMs))
    const changes = this.#told.begin(owner)
    this.#apply(changes)
    for (const change of changes) {
      if (change.kind !== 'registered') continue
      const { peerId } = change.node
      this.#apply([{ kind: 'disconnected', owner, peerId, graceMs: SHARED.leaseMs }])
    }
    this.#apply(this.#told.end(owner))
    this.#told.forget(owner)
  }

  #onWord(bytes: Uint8Array): void {
    this.#reading(() => {
      const word = decodeWord(bytes)
      if (word.from === this.#options.owner) return
      if (word.kind === 'loads') this.#apply(this.#told.putLoads(word.from, word.loads))
      else this.#apply([{ kind: 'complained', host: word.host, relays: word.relays }])
    })
  }

  /** What no director of this version has told is passed over. */
  #reading(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof MalformedMessageError)) throw error
      this.#options.onEvent?.({ kind: 'stateProblem', message: error.message })
    }
  }

  /** Applies what others have told. */
  #apply(changes: readonly RegistryChange[]): void {
    for (const change of changes) {
      const { refusal } = this.#options.registry.apply(change, this.#nowMs)
      if (refusal) this.#leftOut(refusal.message)
      this.#own.onChange(change)
      this.#relink(change)
    }
  }

  /** The links to a node that has become known, or is found elsewhere, are told to the registry again. */
  #relink(change: RegistryChange): void {
    if (change.kind === 'registered') this.#apply(this.#told.linksTo(change.node.peerId))
    if (change.kind === 'reached') this.#apply(this.#told.linksTo(change.peerId))
  }

  /** Tells once that there is no room for the nodes of others. */
  #leftOut(reason: string): void {
    if (this.#hasLeftOut) return
    this.#hasLeftOut = true
    const message = `nodes of other directors are left out: ${reason}`
    this.#options.onEvent?.({ kind: 'stateProblem', message })
  }

  #writeLater(): void {
    if (this.#isWriting || this.#own.isClean) return
    this.#isWriting = true
    this.#later('write', this.#options.limits.changeDebounceMs, () => void this.#write())
  }

  async #write(): Promise<void> {
    while (this.#isRunning && !this.#own.isClean) {
      const writes = this.#own.take(SHARED.maxWrites)
      const puts = writes.map(({ key, value }) => this.#options.state.put(key, value))
      const results = await Promise.allSettled(puts)
      const failed = writes.filter((_, at) => results[at]!.status === 'rejected')
      for (const { key } of failed) this.#own.failed(key)
      if (failed.length > 0) {
        this.#later('write', SHARED.retryMs, () => void this.#write())
        return
      }
    }
    this.#isWriting = false
  }

  #tellLoads(): void {
    const { owner, registry } = this.#options
    const own = registry.nodes().filter(node => node.owner === owner)
    const loads = own.map(({ peerId, load }) => [peerId, load] as const)
    for (let at = 0; at < loads.length; at += SHARED.maxLoads)
      this.#say({ kind: 'loads', from: owner, loads: loads.slice(at, at + SHARED.maxLoads) })
  }

  #say(word: SharedWord): void {
    this.#options.state.say(encodeWord(word))
  }

  #each(name: string, everyMs: number, run: () => void): void {
    this.#later(name, everyMs, () => {
      run()
      this.#each(name, everyMs, run)
    })
  }

  #later(name: string, delayMs: number, run: () => void): void {
    if (this.#isRunning) this.#cancels.set(name, this.#options.scheduler.after(delayMs, run))
  }
}
