import type { Socket } from 'node:net'
import type { FetchControl } from '../client/fetch-control.ts'
import { answerTo } from './control-requests.ts'
import { openSocket } from './control-socket.ts'
import { readLines } from './read-lines.ts'

/** The socket by which a running fetch is controlled. */
export interface ControlServer {
  readonly path: string
  close(): void
}

/** Opens the socket of this process, which ends with the process. Throws ControlPlaceError, and errors of the disk. */
export async function openControlServer(
  control: FetchControl,
  environment: NodeJS.ProcessEnv
): Promise<ControlServer> {
  const open = new Set<Socket>()
  const { path, server } = await openSocket('fetch', environment, socket => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    readLines(socket, line => socket.write(`${JSON.stringify(answerTo(line, control))}\n`))
  })
  return {
    path,
    close: () => {
      // Closing removes the socket's file.
      server.close()
      for (const socket of open) socket.destroy()
    }
  }
}
