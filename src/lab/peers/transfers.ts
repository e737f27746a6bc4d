import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, type Stats } from 'node:fs'
import { rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { nameOf } from '../../topology/paths.ts'
import { hashFile } from '../content-file.ts'
import type { Emulation } from '../emulation.ts'
import type { TransferOutcome } from '../measurement.ts'
import { InOrderProgress } from './in-order-progress.ts'

/** Interval in milliseconds at which the size of a file that another program writes is read. */
const POLL_MS = 10

export interface TransferTask {
  emulation: Emulation
  contentHash: string
  /** Time in milliseconds after which a transfer has failed. */
  limitMs: number
  signal: AbortSignal
}

/**
 * Transfers one URL by curl; its output is read, hashed and timed as it arrives. `prefix` goes
 * before the command.
 */
export async function curlTransfer(
  task: TransferTask,
  url: string,
  prefix: string[] = []
): Promise<TransferOutcome> {
  const { emulation } = task
  const progress = new InOrderProgress([emulation.topology.contentBytes])
  const hash = createHash('sha256')
  const run = start(task, [...prefix, 'curl', '-s', '-S', '-f', '-o', '-', url])
  run.child.stdout!.on('data', (chunk: Buffer) => {
    hash.update(chunk)
    progress.add(0, chunk.length, run.sinceStartMs())
  })
  const failure = await run.ended
  return outcome(task, run.sinceStartMs(), progress, failure, hash.digest('hex'))
}

/** Transfers by one curl a route, each for an equal range of the content. */
export async function staticSplitTransfer(task: TransferTask, urls: string[]): Promise<TransferOutcome> {
  const { emulation } = task
  const { contentBytes } = emulation.topology
  const bounds = urls.map((_, i) => Math.floor((contentBytes * i) / urls.length))
  const sizes = bounds.map((from, i) => (bounds[i + 1] ?? contentBytes) - from)
  const progress = new InOrderProgress(sizes)
  const output = join(emulation.workDirectory, 'static.bin')
  await writeFile(output, '')
  await truncate(output, contentBytes)
  const runs = urls.map((url, part) => {
    const from = bounds[part]!
    const run = start(task, [
      'curl',
      '-s',
      '-S',
      '-f',
      '-r',
      `${from}-${from + sizes[part]! - 1}`,
      '-o',
      '-',
      url
    ])
    run.child.stdout!.on('data', (chunk: Buffer) => progress.add(part, chunk.length, run.sinceStartMs()))
    const file = run.child.stdout!.pipe(createWriteStream(output, { flags: 'r+', start: from }))
    const written = new Promise<void>(resolve => file.once('close', () => resolve()))
    return Promise.all([run.ended, written]).then(([failure]) => ({ failure, endedMs: run.sinceStartMs() }))
  })
  const ends = await Promise.all(runs)
  const failure = ends.map(end => end.failure).find(text => text !== undefined)
  const endedMs = Math.max(...ends.map(end => end.endedMs))
  const result = outcome(task, endedMs, progress, failure, await hashFile(output))
  await rm(output)
  return result
}

/**
 * Transfers by one aria2c with one URL a route. It writes out of order, so its total counts as its
 * progress.
 */
export async function aria2Transfer(task: TransferTask, urls: string[]): Promise<TransferOutcome> {
  const directory = task.emulation.workDirectory
  const output = join(directory, 'aria2.bin')
  const forget = () => Promise.all([output, `${output}.aria2`].map(path => rm(path, { force: true })))
  await forget()
  const argv = [
    ...['aria2c', '-q', '--no-conf', '-d', directory, '-o', 'aria2.bin', '--file-allocation=none'],
    ...['--async-dns=false', '--disable-ipv6=true', '--max-connection-per-server=1', '--min-split-size=1M'],
    ...[`--split=${urls.length}`, '--max-tries=0', '--retry-wait=1', '--connect-timeout=5', '--timeout=5'],
    ...urls
  ]
  const result = await followed(task, argv, output, ({ blocks }) => blocks * 512)
  await forget()
  return result
}

/** What an own script is told of the network, as environment variables. */
export interface ScriptFacts {
  /** File of the script. */
  path: string
  /** Name of the content. */
  content: string
  /** A URL of the content over each route. */
  urls: string[]
  /** The source's address on each route, and the client's: packets between the two go along it. Empty: there are none. */
  sources: string[]
  locals: string[]
}

/** Transfers by an own script, which writes the content to a file in order: its size counts as its progress. */
export async function scriptTransfer(task: TransferTask, facts: ScriptFacts): Promise<TransferOutcome> {
  const { topology, workDirectory } = task.emulation
  const output = join(workDirectory, 'script.bin')
  await rm(output, { force: true })
  const environment = {
    LAB_CONTENT: facts.content,
    LAB_SIZE: String(topology.contentBytes),
    LAB_OUTPUT: output,
    LAB_URLS: facts.urls.join(' '),
    LAB_SOURCES: facts.sources.join(' '),
    LAB_LOCALS: facts.locals.join(' ')
  }
  const result = await followed(task, [facts.path], output, ({ size }) => size, environment)
  await rm(output, { force: true })
  return result
}

/** Runs a program that writes the content to a file, and follows how many bytes of it are there. */
async function followed(
  task: TransferTask,
  argv: string[],
  output: string,
  bytesOf: (file: Stats) => number,
  environment: Record<string, string> = {}
): Promise<TransferOutcome> {
  const { contentBytes } = task.emulation.topology
  const progress = new InOrderProgress([contentBytes])
  const run = start(task, argv, environment)
  let before = 0
  const look = async () => {
    const file = await stat(output).catch(() => undefined)
    const bytes = file ? Math.min(bytesOf(file), contentBytes) : 0
    if (bytes > before) progress.add(0, bytes - before, run.sinceStartMs())
    before = Math.max(before, bytes)
  }
  let running = true
  const watch = (async () => {
    for (; running; await delay(POLL_MS)) await look()
  })()
  const failure = await run.ended
  const endedMs = run.sinceStartMs()
  running = false
  await watch
  await look()
  return outcome(task, endedMs, progress, failure, await hashFile(output).catch(() => ''))
}

interface Run {
  child: ChildProcess
  /** Settles at the program's end with the reason of a failure. */
  ended: Promise<string | undefined>
  /** Time in ms since the program's start; after its end, the time that it took. */
  sinceStartMs(): number
}

/** Starts a program in the client's node. At its end, or when it takes too long, all that it has started ends with it. */
function start(
  { emulation, limitMs, signal }: TransferTask,
  argv: string[],
  environment: Record<string, string> = {}
): Run {
  const [ip, ...rest] = emulation.inNode(nameOf(emulation.topology, 'client'), argv)
  const startedMs = performance.now()
  const child = spawn(ip!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...environment },
    signal: AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(limitMs))]),
    killSignal: 'SIGKILL'
  })
  let tookMs: number | undefined
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', text => {
    errors += text
  })
  child.once('exit', () => {
    tookMs = performance.now() - startedMs
    endGroup(child.pid!)
  })
  const ended = new Promise<string | undefined>(resolve => {
    child.once('error', error => {
      errors += error.name === 'AbortError' ? `not done after ${Math.round(limitMs / 1000)} s` : String(error)
    })
    child.once('close', code => resolve(code === 0 ? undefined : errors.trim() || `exit code ${code}`))
  })
  return { child, ended, sinceStartMs: () => tookMs ?? performance.now() - startedMs }
}

/** Ends what is left of a program's process group. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left.
  }
}

function outcome(
  task: TransferTask,
  completionMs: number,
  progress: InOrderProgress,
  failure: string | undefined,
  hash: string
): TransferOutcome {
  return {
    completionMs,
    longestStallMs: progress.longestStallMs,
    identical: hash === task.contentHash,
    progress: [...progress.points, { atMs: completionMs, bytes: progress.bytes }],
    failure
  }
}
