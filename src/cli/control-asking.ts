import type { Socket } from 'node:net'
import type { FetchSnapshot } from '../client/fetch-control.ts'
import { AnabranchError, ExitCode } from '../errors.ts'
import { connectAll, type RunningProcess } from './control-place.ts'
import type { ControlAnswer, ControlRequest } from './control-requests.ts'
import { readLines } from './read-lines.ts'

/** Longest wait for an answer, in milliseconds: a fetch that is stopped gives none. */
const ANSWER_MS = 5_000

/** There is no such fetch, or it gives no answer. */
export class NoFetchError extends AnabranchError {
  constructor(message: string) {
    super('ERR_NO_FETCH', message, { exitCode: ExitCode.notFound })
  }
}

/** A fetch has refused a command. */
class RefusedError extends AnabranchError {
  constructor(code: string, message: string) {
    super(code, message, { exitCode: ExitCode.usage })
  }
}

/** A fetch that has answered. */
export interface AnsweringFetch extends RunningProcess {
  state: FetchSnapshot
  /** Throws RefusedError and NoFetchError. */
  ask(request: ControlRequest): Promise<FetchSnapshot>
  close(): void
}

/** Every fetch of this user that answers; `answerMs`: longest wait for an answer. Throws ControlPlaceError. */
export async function runningFetches(directory: string, answerMs = ANSWER_MS): Promise<AnsweringFetch[]> {
  const reached = await connectAll(directory, 'fetch')
  const answers = await Promise.all(
    reached.map(async ({ pid, path, socket }) => {
      const ask = (request: ControlRequest) => askOver(socket, pid, request, answerMs)
      const close = () => socket.destroy()
      try {
        return [{ pid, path, state: await ask({ command: 'show' }), ask, close }]
      } catch {
        close()
        return []
      }
    })
  )
  return answers.flat()
}

async function askOver(
  socket: Socket,
  pid: number,
  request: ControlRequest,
  answerMs: number
): Promise<FetchSnapshot> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fail = () => reject(new NoFetchError(`the fetch ${pid} gives no answer; it may have ended`))
  const timer = setTimeout(fail, answerMs)
  socket.removeAllListeners('data')
  socket.once('close', fail)
  socket.once('error', fail)
  readLines(socket, resolve)
  socket.write(`${JSON.stringify(request)}\n`)
  const answer: ControlAnswer = JSON.parse(await promise.finally(() => clearTimeout(timer)))
  if (answer.ok) return answer.state
  throw new RefusedError(answer.code, answer.message)
}
