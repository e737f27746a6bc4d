import { readFile } from 'node:fs/promises'
import {
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig
} from '@nats-io/jetstream'
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nanos
} from '@nats-io/transport-node'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { SHARED } from './shared-limits.ts'
import type { SharedState, SharedStateHandlers } from './shared-state.ts'

/** The stream's name, and the first part of all subjects. */
const STREAM = 'anabranch'
/** The version of what is shared: directors of another one do not hear of each other. */
const ROWS = `${STREAM}.1.row.`
const WORDS = `${STREAM}.1.word`

/** Milliseconds for which one request waits. */
const REQUEST_MS = 1_000
/** Milliseconds until what has failed is tried again. */
const RETRY_MS = 1_000
/** Milliseconds after which what was written has to be seen, or all is read anew. */
const WATCH_PATIENCE_MS = 2_000
/** Milliseconds without a write that was taken after which another server is tried: the one may be cut off from the others. */
const WRITE_PATIENCE_MS = 10_000
/** A server that is silent for two of these, in milliseconds, is left. */
const PING_MS = 2_000
/** So many servers have to be named for each value to be kept by three of them. */
const REPLICAS = 3

/** How to get to the NATS servers that keep the state. */
export interface NatsAddress {
  /** Each `HOST:PORT`. */
  servers: string[]
  tls: boolean
  user?: string
  pass?: string
  token?: string
  /** A file with NATS credentials; read at each start. */
  credentialsFile?: string
}

/** What directors share, in a JetStream stream that keeps the last value of each key. Takes nats-server 2.9 or later. */
export class NatsState implements SharedState {
  readonly #address: NatsAddress
  readonly #scheduler: Scheduler
  #handlers!: SharedStateHandlers
  #isRunning = false
  #connection: NatsConnection | undefined
  #stream: JetStreamClient | undefined
  #manager: JetStreamManager | undefined
  #messages: ConsumerMessages | undefined
  /** The highest sequence number that was read. */
  #seen = 0
  #isWatchChecked = false
  /** When a write was last taken, or another server was tried. */
  #wroteMs = 0
  #isEnsuring = false
  #told: string | undefined

  constructor(address: NatsAddress, scheduler: Scheduler = systemScheduler) {
    this.#address = address
    this.#scheduler = scheduler
  }

  start(handlers: SharedStateHandlers): void {
    this.#handlers = handlers
    this.#isRunning = true
    void this.#run()
  }

  async put(key: string, value: Uint8Array | undefined): Promise<void> {
    if (!this.#stream) throw new Error('there is no connection yet')
    try {
      const { seq } = await this.#stream.publish(ROWS + key, value, { timeout: REQUEST_MS })
      this.#wroteMs = this.#scheduler.nowMs()
      this.#told = undefined
      this.#expect(seq)
    } catch (error) {
      void this.#mend(error)
      throw error
    }
  }

  say(word: Uint8Array): void {
    if (this.#connection && !this.#connection.isClosed()) this.#connection.publish(WORDS, word)
  }

  async stop(): Promise<void> {
    this.#isRunning = false
    this.#messages?.stop()
    await this.#connection?.close()
  }

  async #run(): Promise<void> {
    const connection = await this.#connect()
    if (!connection) return
    this.#connection = connection
    connection.subscribe(WORDS, { callback: (_, message) => this.#handlers.onWord(message.data) })
    this.#manager = await jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_MS })
    this.#stream = jetstream(connection, { timeout: REQUEST_MS })
    this.#wroteMs = this.#scheduler.nowMs()
    while (this.#isRunning) {
      try {
        await this.#ensureStream()
        await this.#read(await this.#consumer())
      } catch (error) {
        void this.#mend(error)
        await this.#pause()
      }
    }
  }

  /** Connects as soon as a server answers; from then on the connection mends itself. Undefined where it is stopped first. */
  async #connect(): Promise<NatsConnection | undefined> {
    while (this.#isRunning) {
      try {
        const connection = await connect(await this.#options())
        if (this.#isRunning) return connection
        await connection.close()
      } catch (error) {
        this.#tell(
          `cannot connect to the NATS servers ${this.#address.servers.join(', ')} (${reasonOf(error)}): ` +
            'the director goes on with its own nodes alone and tries again; check --state and that a server runs there'
        )
      }
      await this.#pause()
    }
    return undefined
  }

  async #options(): Promise<ConnectionOptions> {
    const { servers, tls, user, pass, token, credentialsFile } = this.#address
    return {
      servers,
      name: 'anabranch director',
      timeout: 3_000,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      ignoreAuthErrorAbort: true,
      pingInterval: PING_MS,
      ...(tls ? { tls: {} } : {}),
      ...(user === undefined ? {} : { user, pass: pass ?? '' }),
      ...(token === undefined ? {} : { token }),
      ...(credentialsFile === undefined
        ? {}
        : { authenticator: credsAuthenticator(await readFile(credentialsFile)) })
    }
  }

  async #ensureStream(): Promise<void> {
    const manager = this.#manager!
    const wanted = streamConfig(this.#address.servers.length >= REPLICAS ? REPLICAS : 1)
    const known = await manager.streams.info(STREAM).catch(error => {
      if (isMissing(error)) return undefined
      throw error
    })
    if (!known) await manager.streams.add(wanted)
    else if (known.config.num_replicas < wanted.num_replicas) await manager.streams.update(STREAM, wanted)
  }

  /** An ordered pull consumer: it is made anew where the server that has it fails, and goes on where it was. */
  async #consumer(): Promise<Consumer> {
    return await this.#stream!.consumers.get(STREAM, { deliver_policy: DeliverPolicy.LastPerSubject })
  }

  /** Reads all that is there, and then what comes, until `#readAnew` or an error. */
  async #read(consumer: Consumer): Promise<void> {
    const { num_pending } = await consumer.info(true)
    const messages = await consumer.consume({ idle_heartbeat: 1_000, expires: 5_000 })
    this.#messages = messages
    this.#seen = 0
    const keys = new Set<string>()
    let left = num_pending
    const { onValue, onRead } = this.#handlers
    if (left === 0) onRead(keys)
    for await (const message of messages) {
      this.#seen = message.seq
      const key = message.subject.slice(ROWS.length)
      const isThere = message.data.length > 0
      onValue(key, isThere ? message.data : undefined, left === 0)
      if (left === 0) continue
      if (isThere) keys.add(key)
      left = message.info.pending === 0 ? 0 : left - 1
      if (left === 0) onRead(keys)
    }
  }

  #readAnew(): void {
    this.#messages?.stop()
  }

  /**
   * What was written has to be read soon. A lower number than one that was read is of another stream:
   * the servers have lost what they kept.
   */
  #expect(sequence: number): void {
    if (sequence < this.#seen) this.#readAnew()
    if (sequence <= this.#seen || this.#isWatchChecked) return
    this.#isWatchChecked = true
    this.#scheduler.after(WATCH_PATIENCE_MS, () => {
      this.#isWatchChecked = false
      if (this.#seen < sequence) this.#readAnew()
    })
  }

  /** Nothing is written: the stream may be gone, or the server cut off. */
  async #mend(error: unknown): Promise<void> {
    if (!this.#isRunning || !this.#connection || this.#isEnsuring) return
    this.#isEnsuring = true
    if (this.#scheduler.nowMs() - this.#wroteMs >= WRITE_PATIENCE_MS) {
      this.#wroteMs = this.#scheduler.nowMs()
      this.#tell(
        `the NATS servers take no writes (${reasonOf(error)}): the director goes on with what it knows and tries ` +
          'again; JetStream has to be enabled, more than half of the servers have to run, and --state needs the right credentials'
      )
      await this.#connection.reconnect().catch(() => {
        // It is closed, or about to connect anyway.
      })
    }
    await this.#ensureStream().catch(() => {
      // The next failure comes here again.
    })
    await this.#pause()
    this.#isEnsuring = false
  }

  #tell(message: string): void {
    if (message === this.#told) return
    this.#told = message
    this.#handlers.onProblem(message)
  }

  #pause(): Promise<void> {
    return new Promise(resolve => this.#scheduler.after(RETRY_MS, resolve))
  }
}

/** Answers come from the leader alone, as another server may be behind it. */
function streamConfig(num_replicas: number): Partial<StreamConfig> & { name: string; num_replicas: number } {
  return {
    name: STREAM,
    subjects: [`${ROWS}>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs_per_subject: 1,
    max_age: nanos(SHARED.keptMs),
    num_replicas,
    allow_direct: false
  }
}

/** The server knows no stream of this name. */
function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 10059
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
