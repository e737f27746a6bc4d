import { join } from 'node:path'
import { Catalog } from '../source/catalog.ts'
import { type SourceEvent, Source as SourceRole } from '../source/source.ts'
import { createNode } from '../transport/node.ts'
import { type ContentInfo, contentInfo } from './content-info.ts'
import { followCatalog } from './follow-catalog.ts'
import { type MemberSettings, registrationOf } from './member.ts'
import { nodeAddresses, useHome } from './node-settings.ts'
import { type Running, RunningNode, running, started } from './running-node.ts'

/** Bytes of a segment where nothing else is said. */
const DEFAULT_SEGMENT_BYTES = 32 * 1024

export interface SourceSettings extends MemberSettings {
  /** Directory to offer, with all that is below it, while it changes. */
  directory: string
  /** Bytes of a segment, 1 KiB to 1 MiB. Default 32 KiB. */
  segmentBytes?: number
  /** Most bytes a second that are sent of contents in all. Default: no limit. */
  maxRateBytesPerSecond?: number
  onEvent?(event: SourceEvent): void
}

/** A source that runs: it offers the files of a directory, and splits them over the routes of those who fetch. */
export class Source extends RunningNode {
  readonly #catalog: Catalog

  private constructor(catalog: Catalog, running: Running) {
    super(running)
    this.#catalog = catalog
  }

  /** What is on offer now. */
  get contents(): ContentInfo[] {
    return this.#catalog.list().map(({ record }) => contentInfo(record))
  }

  /**
   * Starts a source. Resolves once all files that are there are hashed, and a director would name them.
   * Throws UsageError for what is no address, CatalogDirectoryError, HashCacheError, ListenError, HomeBusyError,
   * ConfigurationError, and the last problem where no director knows the source in time.
   */
  static async start(settings: SourceSettings): Promise<Source> {
    return await started(async (onStop, stops) => {
      const {
        directory,
        segmentBytes = DEFAULT_SEGMENT_BYTES,
        maxRateBytesPerSecond,
        onEvent,
        onProblem
      } = settings
      const addresses = nodeAddresses(settings)
      const { path, privateKey, close } = await useHome(settings.home)
      onStop(close)
      const catalog = new Catalog({
        ...{ directory, segmentBytes, privateKey },
        cacheDirectory: join(path, 'hashes'),
        exclude: [path]
      })
      const node = await createNode({
        ...addresses,
        privateKey,
        isNamed: peerId => session.isNeighbor(peerId)
      })
      onStop(() => node.stop())
      const { session, start } = registrationOf(node, settings, {
        role: 'source',
        catalog: () => catalog.list()
      })
      followCatalog(session, catalog)
      catalog.on('problem', (_, error) => onProblem?.(error))
      await catalog.start()
      onStop(() => catalog.stop())
      const role = new SourceRole({
        ...{ node, contents: catalog, isNeighbor: (peerId: string) => session.isNeighbor(peerId) },
        ...(maxRateBytesPerSecond === undefined ? {} : { maxRateBytesPerSecond }),
        ...(onEvent && { onEvent })
      })
      await role.start()
      onStop(() => role.stop())
      onStop(() => session.stop())
      await catalog.whenIdle()
      await start()
      return new Source(catalog, running(node, stops))
    })
  }
}

/** Starts a source; see Source.start. */
export const startSource = Source.start
