import type { Catalog } from '../../source/catalog.ts'
import type { Source } from '../../source/source.ts'
import { MEMBER_METRICS, memberReadings, type RegisteringNode, whyUnregistered } from './member-metrics.ts'
import { counter, gauge, type Observed, type Readings } from './metric.ts'

/** What a source tells of its work. */
export const SOURCE_METRICS = {
  anabranch_source_contents: gauge('Contents on offer.'),
  anabranch_source_contents_pending: gauge(
    'Files that are to be offered once they have settled and are hashed.'
  ),
  anabranch_source_sessions: gauge('Fetches that are served.'),
  anabranch_source_max_sessions: gauge('Most fetches at once, as --max-sessions says.'),
  anabranch_source_routes: gauge('Routes of all fetches that are served.'),
  anabranch_source_refused_total: counter('Fetches and routes refused because there was no room for them.'),
  anabranch_source_sent_bytes_total: counter('Bytes of contents sent.'),
  anabranch_source_read_errors_total: counter(
    'Fetches that ended because their file could not be read any more, or had changed.'
  ),
  anabranch_source_catalog_problems_total: counter(
    'Files that could not be offered, as the log tells of each.'
  )
}

/** Reads a source's metrics. */
export class SourceMetrics {
  readonly #catalog: Catalog
  #problems = 0
  /** To be set once the catalog has started: then every file is known. */
  isScanned = false

  constructor(catalog: Catalog) {
    this.#catalog = catalog
    catalog.on('problem', () => this.#problems++)
  }

  /** `maxSessions`: most sessions at once. */
  observed(
    source: Source,
    session: RegisteringNode,
    maxSessions: number
  ): Observed<typeof SOURCE_START_METRICS> {
    return {
      metrics: SOURCE_START_METRICS,
      read: () => ({ ...this.#read(source, maxSessions), ...memberReadings(session) }),
      whyNotReady: () => (this.isScanned ? whyUnregistered(session) : 'the directory is still being scanned')
    }
  }

  #read(source: Source, maxSessions: number): Readings<typeof SOURCE_METRICS> {
    const { offered, files } = this.#catalog.counts
    const { sessions, routes, refused, failed, sentBytes } = source.stats
    return {
      anabranch_source_contents: offered,
      anabranch_source_contents_pending: files - offered,
      anabranch_source_sessions: sessions,
      anabranch_source_max_sessions: maxSessions,
      anabranch_source_routes: routes,
      anabranch_source_refused_total: refused,
      anabranch_source_sent_bytes_total: sentBytes,
      anabranch_source_read_errors_total: failed,
      anabranch_source_catalog_problems_total: this.#problems
    }
  }
}

/** All that `source start` tells besides what every process does. */
export const SOURCE_START_METRICS = { ...SOURCE_METRICS, ...MEMBER_METRICS }
