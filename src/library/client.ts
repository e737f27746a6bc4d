import { Client as ClientRole } from '../client/client.ts'
import type { FetchControl } from '../client/fetch-control.ts'
import type { FetchEvent, FetchSummary } from '../client/fetch-events.ts'
import type { FetchRequest, LiveStart } from '../client/fetch-options.ts'
import { openOutputOf } from '../client/output/open-output.ts'
import type { Output } from '../client/output/output.ts'
import { NothingFitsError } from '../discovery/director-errors.ts'
import { fromHex, toHex } from '../protocol/bytes.ts'
import { Content } from './content.ts'
import { listPattern } from './name-pattern.ts'
import { directorAddresses, type Home, useHome } from './node-settings.ts'
import { stopInTurn } from './running-node.ts'
import { WebStreamOutput } from './web-stream-output.ts'

export interface ClientSettings {
  /** Addresses of the directors to ask, as `HOST:PORT` or multiaddrs; one at least. */
  directors: readonly string[]
  /** The token by which the directors let this client in; their addresses then have to end in their peer ids. */
  token?: string
  /** Directory that keeps the client's identity. Default: a fresh identity. */
  home?: string
  /** Memory for all reads of opened contents together, in bytes. Default 64 MiB. */
  readMemoryBytes?: number
}

/** Which content is wanted, and how. */
export interface FindSettings {
  /** Root hash in hex: exactly these bytes, whatever their name. Default: what the name stands for. */
  rootHash?: string
  /** Peer id of the only source that may provide the content. Default: all that have it. */
  from?: string
  /** Most routes to use. Default 8. */
  routes?: number
  /** Whether routes may also go straight to a source, or do so only. Default: never. */
  direct?: 'never' | 'also' | 'only'
  /** How long to go on without a route, in milliseconds, also at the start. Default 120 s. */
  patienceMs?: number
  /** Whether to wait as long for a content that nobody has yet. Default: false. */
  wait?: boolean
  signal?: AbortSignal
  onEvent?(event: FetchEvent): void
}

export interface FetchSettings extends FindSettings {
  /** Memory for content, in bytes. Default 64 MiB. */
  memoryBytes?: number
  /** Whether the summary has the SHA-256 of the bytes; the root hash is checked in any case. Default: false. */
  checksum?: boolean
  /** Of a live content: where to begin. Default: with what comes next. */
  start?: LiveStart
  /** Of a live content: after how many milliseconds a part that is late is left out. Default: it is waited for. */
  latencyMs?: number
  /** Steers the fetch while it runs. */
  control?: FetchControl
}

export interface FileSettings extends FetchSettings {
  /** Replaces a file that is there. Default: false. */
  overwrite?: boolean
  /** The bytes of the content that are wanted, `end` not included. Default: all. */
  range?: { start: number; end: number }
  /** SHA-256 in hex that the bytes have to have. Default: any. */
  sha256?: string
}

/** A content that a director knows. Size and root hash are as the sources say: nobody has checked their signatures yet. */
export interface ListedContent {
  name: string
  /** Bytes; undefined for a live content. */
  size: number | undefined
  rootHash: string
  /** Number of sources that have it. */
  sources: number
}

/**
 * Fetches contents over all routes there are, one after the other or several at once. It keeps connections, and what it has
 * learnt of the routes, until it is stopped.
 */
export class Client implements AsyncDisposable {
  readonly #settings: ClientSettings
  #started: Promise<{ role: ClientRole; home: Home | undefined }> | undefined
  #stopping: Promise<void> | undefined

  /** Nothing is connected before something is asked for. */
  constructor(settings: ClientSettings) {
    this.#settings = settings
  }

  /**
   * Fetches a content into a file, each segment verified. A file that is cut off stays beside it as `PATH.part`, and the next
   * call goes on from there. Throws AnabranchError, whose `code` says what is wrong, or the signal's reason.
   */
  async fetchToFile(name: string, path: string, settings: FileSettings = {}): Promise<FetchSummary> {
    const { overwrite: force = false, checksum = false, range, sha256, signal } = settings
    return await this.#fetch(name, settings, {
      ...(range && { range }),
      openOutput: async (record, bytes) =>
        await openOutputOf(record, {
          ...{ path, force, checksum },
          ...(bytes && { range: bytes }),
          ...(sha256 === undefined ? {} : { sha256 }),
          ...(signal && { signal })
        })
    })
  }

  /**
   * Fetches a content, live ones included, into a stream in order, each segment verified. A stream that takes its time slows
   * the routes down; at the end it is closed. Throws as `fetchToFile` does.
   */
  async fetchTo(
    name: string,
    stream: WritableStream<Uint8Array>,
    settings: FetchSettings = {}
  ): Promise<FetchSummary> {
    return await this.#fetch(name, settings, {
      openOutput: async (): Promise<Output> => new WebStreamOutput(stream, settings.checksum)
    })
  }

  /** Finds a content, of which any parts can then be read. Throws as `fetchToFile` does. */
  async open(name: string, settings: FindSettings = {}): Promise<Content> {
    const { role } = await this.#start()
    return new Content(await role.open({ name, ...requestOf(settings) }))
  }

  /**
   * Lists the contents that the directors know: by name, of a directory such as `photos/`, or by a glob such as `logs/*.gz`.
   * Default: all. Throws as `fetchToFile` does.
   */
  async list(pattern = '', settings: Pick<FindSettings, 'signal'> = {}): Promise<ListedContent[]> {
    const { role } = await this.#start()
    try {
      const { contents } = await role.list({ pattern: listPattern(pattern), ...settings })
      return contents.map(({ name, sizeBytes, rootHash, sources }) => ({
        ...{ name, size: sizeBytes, rootHash: toHex(rootHash), sources }
      }))
    } catch (error) {
      if (error instanceof NothingFitsError) return []
      throw error
    }
  }

  /** Ends what still runs with ClientStoppedError. Nothing of the client is left that would keep the process alive. */
  async stop(): Promise<void> {
    this.#stopping ??= (async () => {
      const started = await this.#started?.catch(() => undefined)
      await stopInTurn([() => started?.role.stop(), () => started?.home?.close()])
    })()
    await this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #fetch(
    name: string,
    { memoryBytes, start, latencyMs, control, ...find }: FetchSettings,
    output: Pick<FetchRequest, 'openOutput' | 'range'>
  ): Promise<FetchSummary> {
    const { role } = await this.#start()
    return await role.fetch({
      ...{ name, ...requestOf(find), ...output },
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(start === undefined ? {} : { start }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(control && { control })
    })
  }

  #start() {
    this.#started ??= startRole(this.#settings)
    return this.#started
  }
}

async function startRole({ directors, token, home: path, readMemoryBytes }: ClientSettings) {
  const home = path === undefined ? undefined : await useHome(path)
  const role = await ClientRole.start({
    directors: directorAddresses(directors),
    ...(home && { node: { privateKey: home.privateKey } }),
    ...(token === undefined ? {} : { token }),
    ...(readMemoryBytes === undefined ? {} : { readMemoryBytes })
  })
  return { role, home }
}

function requestOf({ rootHash, ...settings }: FindSettings) {
  const { from, routes, direct, patienceMs, wait, signal, onEvent } = settings
  return {
    ...(rootHash === undefined ? {} : { rootHash: fromHex(rootHash) }),
    ...(from === undefined ? {} : { from }),
    ...(routes === undefined ? {} : { routes }),
    ...(direct === undefined ? {} : { direct }),
    ...(patienceMs === undefined ? {} : { patienceMs }),
    ...(wait === undefined ? {} : { wait }),
    ...(signal && { signal }),
    ...(onEvent && { onEvent })
  }
}
