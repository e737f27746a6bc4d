import { join } from 'node:path'
import { UsageError } from '../errors.ts'
import type { HttpAddress } from '../http/server.ts'
import { parseCount } from './common-settings.ts'
import { oneOr } from './settings.ts'

/**
 * Variable by which the process that runs the workers tells each which one it is, as `2/4`. It is no
 * setting: people say `--workers`.
 */
export const WORKER_VARIABLE = 'ANABRANCH_WORKER'

/** Most workers of one command: no host has more processors that one network interface could feed. */
const MAX_WORKERS = 64

/** One of the processes that share the work of a command. */
export interface Worker {
  /** 1 to `count`. */
  number: number
  count: number
}

/** Setting of how many processes share the work of a relay or source. */
export const WORKERS_SETTING = {
  workers: oneOr({
    value: 'N',
    help:
      'processes that share the work, each a node of its own with the next port and an equal part of all limits; ' +
      'SIGUSR2 starts them anew in turn',
    parse: parseWorkers,
    fallback: 1,
    fallbackText: '1'
  })
}

/** How a command with WORKERS_SETTING is shared by workers. */
export const SHARED_WORK = { count: ({ workers }: { workers: number }) => workers, part: valuesOfWorker }

/** The settings that workers do not have alike. All are absent or one value for the whole command. */
interface SharedValues {
  listen: string[]
  announce: string[]
  home?: string | undefined
  metrics?: HttpAddress | undefined
  http?: HttpAddress | undefined
  maxRate?: number | undefined
  maxRatePerSession?: number | undefined
  maxBytesPerDay?: number | undefined
  maxBytesPerMonth?: number | undefined
  memory?: number
  maxSessions?: number
  maxSessionsPerPeer?: number
}

/** Returns which worker this process is; undefined for one that does all the work or runs workers. */
export function workerOf(environment: NodeJS.ProcessEnv): Worker | undefined {
  const [, number, count] = /^(\d+)\/(\d+)$/.exec(environment[WORKER_VARIABLE] ?? '') ?? []
  return number === undefined ? undefined : { number: Number(number), count: Number(count) }
}

/**
 * The home of a worker. The first one has the home of the whole command, so that a node keeps its
 * identity when it gets workers.
 */
export function workerHome(home: string, worker: Worker | undefined): string {
  return worker === undefined || worker.number === 1 ? home : join(home, `worker-${worker.number}`)
}

/**
 * Returns the values of one worker: each port is one higher than that of the worker before, and all
 * that is limited is divided equally, rates and bytes exactly and counts rounded up.
 * Throws UsageError where a port would be above 65,535.
 */
export function valuesOfWorker<V extends SharedValues>(values: V, { number, count }: Worker): V {
  const part = (whole: number | undefined) => (whole === undefined ? undefined : whole / count)
  const own = {
    listen: values.listen.map(address => withLaterPort(address, number - 1)),
    announce: values.announce.map(address => withLaterPort(address, number - 1)),
    metrics: values.metrics && { ...values.metrics, port: laterPort(values.metrics.port, number - 1) },
    http: values.http && { ...values.http, port: laterPort(values.http.port, number - 1) },
    maxRate: part(values.maxRate),
    maxBytesPerDay: wholePart(values.maxBytesPerDay, count),
    maxBytesPerMonth: wholePart(values.maxBytesPerMonth, count),
    memory: wholePart(values.memory, count),
    maxSessions: values.maxSessions && Math.ceil(values.maxSessions / count),
    maxSessionsPerPeer: values.maxSessionsPerPeer && Math.ceil(values.maxSessionsPerPeer / count)
  }
  const present = Object.entries(own).filter(([key, value]) => key in values && value !== undefined)
  return { ...values, ...Object.fromEntries(present) }
}

function wholePart(whole: number | undefined, count: number): number | undefined {
  return whole === undefined ? undefined : Math.floor(whole / count)
}

/** `address`: a multiaddr. One without a port, or with port 0 for any free one, stays as it is. */
function withLaterPort(address: string, by: number): string {
  return address.replace(/\/tcp\/(\d+)/, (_, port: string) => `/tcp/${laterPort(Number(port), by)}`)
}

function laterPort(port: number, by: number): number {
  if (port === 0) return 0
  if (port + by <= 65_535) return port + by
  throw new UsageError(`the workers' ports would go beyond 65535 from ${port} on; listen on a lower one`)
}

/** Throws UsageError. */
function parseWorkers(text: string): number {
  const count = parseCount(text)
  if (count <= MAX_WORKERS) return count
  throw new UsageError(`'${text}' is too many; give 1 to ${MAX_WORKERS}`)
}
