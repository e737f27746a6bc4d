import { join } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import { followCatalog } from '../library/follow-catalog.ts'
import type { Catalog } from '../source/catalog.ts'
import { SOURCE_LIMITS } from '../source/limits.ts'
import type { Source, SourceEvent } from '../source/source.ts'
import { formatBytes, parseBytes } from '../units/units.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import {
  DISCOVER_SETTINGS,
  GENERAL_SETTINGS,
  listenSetting,
  MEMBER_SETTINGS,
  NODE_SETTINGS,
  parseCount,
  parsePositiveRate
} from './common-settings.ts'
import { daemonAnnouncer, runUntilSignal } from './daemon.ts'
import { memberOptions, registerRehearsed, stopAll } from './member.ts'
import { SourceMetrics } from './metrics/source-metrics.ts'
import { METRICS_SETTINGS, serveMetrics } from './metrics.ts'
import { daemonNodeOptions } from './node-options.ts'
import { defaultHome } from './paths.ts'
import type { Reporter } from './reporter.ts'
import { one, oneOr, toggle, type Values } from './settings.ts'
import { readToken } from './token.ts'
import { SHARED_WORK, WORKERS_SETTING, type Worker, workerHome } from './worker.ts'

const DEFAULT_PORT = 4002

/** Default size of a segment: fine enough to steer thin routes, and cheap enough on fast ones. */
const DEFAULT_SEGMENT_SIZE = '32KiB'

/** Milliseconds between two words on how many files are offered by now. */
const PROGRESS_MS = 5_000

/** Smallest segment that is offered, in bytes: below it hashes and messages are a good part of what is sent. */
const LEAST_SEGMENT_BYTES = 1024
const MAX_SEGMENT_BYTES = 1024 ** 2

const SETTINGS = {
  dir: one({
    value: 'DIR',
    help: 'directory to offer, with all that is below it; required',
    parse: text => text
  }),
  segmentSize: oneOr({
    value: 'SIZE',
    help: 'bytes of a segment, 1KiB to 1MiB',
    parse: parseSegmentSize,
    fallback: parseBytes(DEFAULT_SEGMENT_SIZE),
    fallbackText: DEFAULT_SEGMENT_SIZE
  }),
  maxRate: one({
    value: 'RATE',
    help: 'most that is sent of contents in all, such as 40mbit; each client gets a fair share',
    parse: parsePositiveRate
  }),
  maxSessions: oneOr({
    value: 'N',
    help: 'most sessions at once, each of which is one client that fetches one content',
    parse: parseCount,
    fallback: SOURCE_LIMITS.maxSessions,
    fallbackText: String(SOURCE_LIMITS.maxSessions)
  }),
  clear: toggle('for experiments: serve also clients that let relays see and change all that routes carry'),
  ...listenSetting(DEFAULT_PORT),
  ...MEMBER_SETTINGS,
  ...DISCOVER_SETTINGS,
  ...NODE_SETTINGS,
  ...WORKERS_SETTING,
  ...METRICS_SETTINGS,
  ...GENERAL_SETTINGS
}

/** For the other commands that read a source's configuration file. */
export { SETTINGS as SOURCE_SETTINGS }

/** `source start`: offers a directory until it is told to stop. */
export function sourceStart(run: CliRun): Command {
  return defineCommand(
    {
      name: 'start',
      summary: 'offer the files of a directory',
      role: 'source',
      isDaemon: true,
      settings: SETTINGS,
      examples: [
        'anabranch source start --dir ~/films --director 192.0.2.7:4001',
        'anabranch source start --dir ~/films --discover',
        'anabranch source start --dir ~/films --director 192.0.2.7:4001 --reverse'
      ],
      sharedWork: SHARED_WORK,
      run: runSource
    },
    run
  )
}

async function runSource(values: Values<typeof SETTINGS>, context: CommandContext): Promise<number> {
  const { reporter, environment, worker } = context
  if (values.dir === undefined) throw new UsageError('Say what to offer with --dir DIR')
  const { createNode } = await import('../transport/node.ts')
  const { openHome } = await import('../transport/home.ts')
  const { announceNearby } = await import('../discovery/neighborhood.ts')
  const { DirectorSession } = await import('../discovery/director-session.ts')
  const { Catalog } = await import('../source/catalog.ts')
  const { Source } = await import('../source/source.ts')
  if (values.clear) reporter.note('warning: clients may ask for routes that every relay can read and change')
  const token = await readToken(values, environment)
  const { home, exclude } = homesOf(values.home ?? defaultHome('source', environment), worker)
  const privateKey = await openHome(home)
  const catalog = new Catalog({
    directory: values.dir,
    cacheDirectory: join(home, 'hashes'),
    segmentBytes: values.segmentSize,
    privateKey,
    exclude
  })
  const node = await createNode({
    ...(await daemonNodeOptions(values, { reporter, environment })),
    privateKey,
    isNamed: peerId => session.isNeighbor(peerId)
  })
  const source = new Source({
    node,
    contents: catalog,
    clear: values.clear,
    limits: { maxSessions: values.maxSessions },
    ...(values.maxRate === undefined ? {} : { maxRateBytesPerSecond: values.maxRate }),
    isNeighbor: peerId => session.isNeighbor(peerId),
    onEvent: event => tellSession(reporter, event)
  })
  const session = new DirectorSession(node, {
    role: 'source',
    ...memberOptions(values, token, reporter),
    catalog: () => catalog.list()
  })
  followCatalog(session, catalog)
  const endProgress = tellCatalogWithProgress(reporter, catalog)
  const meter = new SourceMetrics(catalog)
  const metrics = await serveMetrics(values.metrics, meter.observed(source, session, values.maxSessions))
  await catalog.start()
  meter.isScanned = true
  const own = { role: 'source', home, node, metrics }
  const announce = await daemonAnnouncer(context, own, () => ({
    figures: figuresOf(catalog, source),
    source: source.view
  }))
  await source.start()
  announce()
  const stopAnnouncing = values.discover ? await announceNearby(node, 'source') : undefined
  const stopSession = registerRehearsed(reporter, { session, home })
  return await runUntilSignal(() =>
    stopAll(
      async () => endProgress(),
      stopAnnouncing,
      stopSession,
      () => source.stop(),
      () => catalog.stop(),
      async () => await node.stop(),
      async () => metrics?.stop()
    )
  )
}

/** What `anabranch status` shows. */
function figuresOf({ counts }: Catalog, { sessions }: Source) {
  return { contents: counts.offered, sessions }
}

/** The home of this process, and the homes of all, none of which is offered. */
function homesOf(firstHome: string, worker: Worker | undefined) {
  return { home: workerHome(firstHome, worker), exclude: [firstHome] }
}

export function tellCatalog(reporter: Reporter, catalog: Catalog): void {
  catalog.on('added', ({ name, sizeBytes }) => {
    const text = `offering ${JSON.stringify(name)}, ${formatBytes(sizeBytes)}`
    reporter.tell({ event: 'catalog', change: 'added', name, bytes: sizeBytes }, text, 1)
  })
  catalog.on('removed', name => {
    reporter.tell({ event: 'catalog', change: 'removed', name }, `${JSON.stringify(name)} is gone`, 1)
  })
  catalog.on('problem', (name, error) => {
    const { code, message } = error
    reporter.tell({ event: 'catalog', change: 'problem', name, code, message }, message)
  })
}

/** Tells all of the catalog, and how many files are offered: once all are, and now and then until then. Returns a function that ends that. */
function tellCatalogWithProgress(reporter: Reporter, catalog: Catalog): () => void {
  tellCatalog(reporter, catalog)
  let told = ''
  const tell = (): void => {
    const { offered, files } = catalog.counts
    const all = files === offered ? '' : ` of ${formatCount(files)}`
    const text = `offering ${formatCount(offered)}${all} ${files === 1 ? 'file' : 'files'}`
    if (text !== told) reporter.tell({ event: 'catalog', change: 'progress', offered, files }, text)
    told = text
  }
  catalog.on('idle', tell)
  const timer = setInterval(() => {
    if (!catalog.isIdle) tell()
  }, PROGRESS_MS)
  return () => clearInterval(timer)
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

export function tellSession(reporter: Reporter, event: SourceEvent): void {
  const { kind, ...rest } = event
  const name = JSON.stringify(event.name)
  const text =
    event.kind === 'session'
      ? `${name} is being fetched`
      : `${name}: ${formatBytes(event.sentBytes)} sent${event.reason === undefined ? '' : `, then: ${event.reason}`}`
  reporter.tell({ event: kind, ...rest }, text, 1)
}

export function parseSegmentSize(text: string): number {
  const bytes = parseBytes(text)
  if (bytes >= LEAST_SEGMENT_BYTES && bytes <= MAX_SEGMENT_BYTES) return bytes
  throw new UsageError(
    bytes < LEAST_SEGMENT_BYTES
      ? `'${text}' is too little: every segment costs a hash and a message; give 1KiB to 1MiB`
      : `'${text}' is too much; give 1KiB to 1MiB`
  )
}
