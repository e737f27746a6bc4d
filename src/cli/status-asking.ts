import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connectAll } from './control-place.ts'
import type { DaemonStatus } from './status-server.ts'

/** Longest usual wait for an answer, in milliseconds: a daemon that is stopped gives none. */
const ANSWER_MS = 2_000

/** A daemon that has answered. */
export interface RunningDaemon extends DaemonStatus {
  pid: number
}

/** Every daemon of this user that answers, by ascending process id; `answerMs`: longest wait for one. Throws ControlPlaceError. */
export async function runningDaemons(directory: string, answerMs = ANSWER_MS): Promise<RunningDaemon[]> {
  const reached = await connectAll(directory, 'status')
  const answers = await Promise.all(
    reached.map(async ({ pid, socket }) => {
      const status = await answerOf(socket, answerMs)
      return status ? [{ pid, ...status }] : []
    })
  )
  return answers.flat()
}

async function answerOf(socket: Socket, answerMs: number): Promise<DaemonStatus | undefined> {
  const timer = setTimeout(() => socket.destroy(), answerMs)
  try {
    return JSON.parse(await text(socket)) as DaemonStatus
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
