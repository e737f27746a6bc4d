import type { Command } from 'commander'
import { UsageError } from '../errors.ts'
import type { Gateway, GatewayOptions } from '../gateway/gateway.ts'
import type { HttpAddress } from '../http/server.ts'
import { Pace } from '../planner/pace.ts'
import { systemScheduler } from '../scheduler.ts'
import { parseBytes } from '../units/units.ts'
import { openCacheDirectory } from './cache-directory.ts'
import { startClient } from './client-start.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS, parseMemory } from './common-settings.ts'
import { runUntilSignal } from './daemon.ts'
import { CLIENT_SETTINGS } from './fetch-settings.ts'
import { HttpListenError, parseHttpAddress } from './http-address.ts'
import { stopAll } from './member.ts'
import { GATEWAY_METRICS, gatewayReadings } from './metrics/gateway-metrics.ts'
import { METRICS_SETTINGS, type MetricsServer, serveMetrics } from './metrics.ts'
import { list, one, oneOr, type Values } from './settings.ts'

const DEFAULT_ADDRESS: HttpAddress = { host: '127.0.0.1', port: 8088 }
const DEFAULT_CACHE_BYTES = 48 * 1024 ** 2
const DEFAULT_CACHE_DIR_BYTES = 4 * 1024 ** 3
const LEAST_CACHE_DIR_BYTES = 16 * 1024 ** 2
/** Share of the memory, 0 to 1, for what is kept for further readers; the rest is for what is on its way. */
const SHARE_OF_KEPT = 1 / 3
/** Share of what is kept, 0 to 1, that may wait for the disk; what is read ahead needs half. */
const SHARE_OF_WAITING = 1 / 4

const { root: _, ...CLIENT } = CLIENT_SETTINGS

/** What everything takes that serves contents over HTTP. */
export const GATEWAY_SETTINGS = {
  http: oneOr({
    value: 'ADDRESS:PORT',
    help: 'where to serve contents over HTTP',
    parse: parseHttpAddress,
    fallback: DEFAULT_ADDRESS,
    fallbackText: `${DEFAULT_ADDRESS.host}:${DEFAULT_ADDRESS.port}`
  }),
  cache: oneOr({
    value: 'SIZE',
    help: 'most memory for contents: what is on its way, and what is kept for further readers',
    parse: parseMemory,
    fallback: DEFAULT_CACHE_BYTES,
    fallbackText: `${DEFAULT_CACHE_BYTES / 1024 ** 2}MiB`
  }),
  cacheDir: one({
    value: 'DIR',
    help: 'directory in which contents are kept for later, beyond the end of this process',
    parse: text => text
  }),
  cacheDirSize: oneOr({
    value: 'SIZE',
    help: 'most bytes of contents in --cache-dir; what was used longest ago goes first',
    parse: parseCacheDirSize,
    fallback: DEFAULT_CACHE_DIR_BYTES,
    fallbackText: `${DEFAULT_CACHE_DIR_BYTES / 1024 ** 3}GiB`
  }),
  hostName: list({
    value: 'NAME',
    help: 'host name under which browsers may ask, besides localhost and IP addresses',
    parse: text => text.toLowerCase()
  }),
  cors: list({
    value: 'ORIGIN',
    help: 'origin of web pages that may read contents, such as https://app.example; * for all',
    parse: parseOrigin
  }),
  ...CLIENT,
  ...METRICS_SETTINGS,
  ...GENERAL_SETTINGS
}

type GatewayValues = Values<typeof GATEWAY_SETTINGS>

/** `client gateway`: serves contents over HTTP to programs that know nothing of routes. */
export function clientGateway(run: CliRun): Command {
  return defineCommand(
    {
      name: 'gateway',
      summary: 'serve contents over HTTP to players, browsers and other programs of this host',
      role: 'client',
      isDaemon: true,
      settings: GATEWAY_SETTINGS,
      examples: [
        'anabranch client gateway --director 192.0.2.7:4001',
        'anabranch client gateway --director 192.0.2.7:4001 --cache-dir ~/.cache/films',
        'anabranch client gateway --director 192.0.2.7:4001 --http 127.0.0.1:9000'
      ],
      run: runGateway
    },
    run
  )
}

async function runGateway(values: GatewayValues, context: CommandContext): Promise<number> {
  const { Gateway } = await import('../gateway/gateway.ts')
  return await serveContents('gateway', values, context, options => new Gateway(options))
}

/** Runs what `create` makes, which serves the contents that a client can fetch, until a signal ends it. */
export async function serveContents(
  role: string,
  values: GatewayValues,
  context: CommandContext,
  create: (options: GatewayOptions) => Pick<Gateway, 'start' | 'stop'>
): Promise<number> {
  const { reporter } = context
  const { ClientContents } = await import('../gateway/client-contents.ts')
  const { Activity } = await import('../gateway/activity.ts')
  const { GatewayMeter } = await import('../gateway/meter.ts')
  const { SharedContents } = await import('../gateway/shared-contents.ts')
  const { cacheDir, cacheDirSize } = values
  const keptBytes = values.cache * SHARE_OF_KEPT
  const waitingBytes = keptBytes * SHARE_OF_WAITING
  const files =
    cacheDir === undefined
      ? undefined
      : await openCacheDirectory(cacheDir, cacheDirSize, waitingBytes, reporter)
  const { client, question } = await startClient(
    { ...values, root: undefined },
    context,
    values.cache - keptBytes
  )
  const pace = values.maxRate === undefined ? {} : { pace: new Pace(values.maxRate) }
  const activity = new Activity()
  const meter = new GatewayMeter()
  const contents = new ClientContents({ client, question: { ...question, ...pace }, activity })
  const server = create({
    contents: new SharedContents(contents, keptBytes, systemScheduler, files, waitMs => meter.waited(waitMs)),
    activity,
    hostNames: values.hostName,
    corsOrigins: values.cors,
    onFailure: error => reporter.fail(error),
    meter
  })
  let metrics: MetricsServer | undefined
  const stop = () =>
    stopAll(
      () => server.stop(),
      () => contents.close(),
      () => client.stop(),
      async () => files?.close(),
      async () => metrics?.stop()
    )
  try {
    metrics = await serveMetrics(values.metrics, {
      metrics: GATEWAY_METRICS,
      read: () => gatewayReadings(meter),
      whyNotReady: () => undefined
    })
    const url = await server.start(values.http).catch(error => {
      throw new HttpListenError('http', values.http, error)
    })
    const { answerStatus } = await import('./status-server.ts')
    await answerStatus(context, { role, home: values.home, addresses: [url] }, () => ({
      figures: { requests: meter.open, answered: meter.answered, sentBytes: meter.sentBytes }
    }))
    reporter.data({ event: 'listening', role, url }, `${role} at ${url}/`)
    metrics?.tell(reporter)
  } catch (error) {
    await stop()
    throw error
  }
  return await runUntilSignal(stop)
}

function parseCacheDirSize(text: string): number {
  const bytes = parseBytes(text)
  if (bytes >= LEAST_CACHE_DIR_BYTES) return bytes
  throw new UsageError(`'${text}' is too little; give ${LEAST_CACHE_DIR_BYTES / 1024 ** 2}MiB or more`)
}

function parseOrigin(text: string): string {
  if (text === '*') return text
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  if (origin !== 'null' && origin === text.toLowerCase().replace(/\/$/, '')) return origin
  throw new UsageError(`'${text}' is no origin such as https://app.example`)
}
