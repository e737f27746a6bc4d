import { rmSync } from 'node:fs'
import { openSocket } from './control-socket.ts'
import type { Reporter } from './reporter.ts'

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
    const { path } = await openSocket('status', environment, socket =>
      socket.end(`${JSON.stringify({ ...status, ...own, figures: figures() } satisfies DaemonStatus)}\n`)
    )
    process.on('exit', () => rmSync(path, { force: true }))
  } catch (error) {
    const message = `anabranch status cannot reach this process: ${(error as Error).message}`
    reporter.tell({ event: 'problem', message }, message, 1)
  }
}
