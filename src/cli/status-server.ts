import { rmSync } from 'node:fs'
import type { RelayView } from '../relay/relay-view.ts'
import type { SourceView } from '../source/source-view.ts'
import { openSocket } from './control-socket.ts'
import type { Reporter } from './reporter.ts'

/** What a daemon tells of itself, besides its process id. */
export interface DaemonStatus {
  role: string
  /** Directory of its identity; absent where it has a fresh one. */
  home?: string | undefined
  peerId?: string
  /** Name of the one content that it offers; absent where it offers what there is. */
  content?: string
  /** Multiaddrs, or URLs of a gateway. */
  addresses: string[]
  /** Its number among the workers of one command. */
  worker?: number
  /** What it does at the moment, each figure with its name, such as `sessions`. */
  figures: Record<string, number>
  /** Of a relay: all that `anabranch top` shows of it. */
  relay?: RelayView
  /** Of a source: the same. */
  source?: SourceView
}

/** The part of it that changes. */
export type ChangingStatus = Pick<DaemonStatus, 'figures' | 'relay' | 'source'>

/** What of a command's context is needed. */
interface StatusContext {
  reporter: Reporter
  environment: NodeJS.ProcessEnv
  /** Absent where the process is none of several workers. */
  worker: { number: number } | undefined
}

/**
 * Has this process answer `anabranch status` and `anabranch top` until it ends: whoever connects to its socket gets one
 * line of JSON. A daemon is worth more than its status: where the socket cannot be opened, that is
 * told, and the daemon goes on.
 */
export async function answerStatus(
  { reporter, environment, worker }: StatusContext,
  status: Omit<DaemonStatus, keyof ChangingStatus | 'worker'>,
  now: () => ChangingStatus
): Promise<void> {
  const own = worker ? { worker: worker.number } : {}
  try {
    const { path } = await openSocket('status', environment, socket =>
      socket.end(`${JSON.stringify({ ...status, ...own, ...now() } satisfies DaemonStatus)}\n`)
    )
    process.on('exit', () => rmSync(path, { force: true }))
  } catch (error) {
    const message = `anabranch status cannot reach this process: ${(error as Error).message}`
    reporter.tell({ event: 'problem', message }, message, 1)
  }
}
