import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import {
  closeToOthers,
  controlDirectory,
  makeControlDirectory,
  ownSocket,
  removeStale
} from './control-place.ts'
import type { Reporter } from './reporter.ts'

/** Most programs that ask one process at a time. */
const MAX_CONNECTIONS = 16

/** What a daemon tells of itself, besides its process id. */
export interface DaemonStatus {
  role: string
  /** Directory of its identity; absent where it has a fresh one. */
  home?: string | undefined
  peerId?: string
  /** Multiaddrs, or URLs of a gateway. */
  addresses: string[]
  /** Its number among the workers of one command. */
  worker?: number
  /** What it does at the moment, each figure with its name, such as `sessions`. */
  figures: Record<string, number>
}

/** What of a command's context is needed. */
interface StatusContext {
  reporter: Reporter
  environment: NodeJS.ProcessEnv
  /** Absent where the process is none of several workers. */
  worker: { number: number } | undefined
}

/**
 * Has this process answer `anabranch status` until it ends: whoever connects to its socket gets one
 * line of JSON. A daemon is worth more than its status: where the socket cannot be opened, that is
 * told, and the daemon goes on.
 */
export async function answerStatus(
  { reporter, environment, worker }: StatusContext,
  status: Omit<DaemonStatus, 'figures' | 'worker'>,
  figures: () => DaemonStatus['figures']
): Promise<void> {
  const own = worker ? { worker: worker.number } : {}
  try {
    await listen(controlDirectory(environment), () => ({ ...status, ...own, figures: figures() }))
  } catch (error) {
    const message = `anabranch status cannot reach this process: ${(error as Error).message}`
    reporter.tell({ event: 'problem', message }, message, 1)
  }
}

async function listen(directory: string, status: () => DaemonStatus): Promise<void> {
  makeControlDirectory(directory)
  await removeStale(directory, 'status')
  const path = ownSocket(directory, 'status')
  const server = createServer(socket => {
    socket.unref()
    socket.on('error', () => {})
    socket.end(`${JSON.stringify(status())}\n`)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(path)
  await once(server, 'listening')
  server.unref()
  closeToOthers(path)
  process.on('exit', () => rmSync(path, { force: true }))
}
