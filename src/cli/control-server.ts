import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { FetchControl } from '../client/fetch-control.ts'
import {
  closeToOthers,
  controlDirectory,
  makeControlDirectory,
  ownSocket,
  removeStale
} from './control-place.ts'
import { answerTo } from './control-requests.ts'
import { readLines } from './read-lines.ts'

/** Most programs that control one fetch at a time. */
const MAX_CONNECTIONS = 16

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
  const directory = controlDirectory(environment)
  makeControlDirectory(directory)
  await removeStale(directory, 'fetch')
  const path = ownSocket(directory, 'fetch')
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    readLines(socket, line => socket.write(`${JSON.stringify(answerTo(line, control))}\n`))
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(path)
  await once(server, 'listening')
  server.unref()
  closeToOthers(path)
  return {
    path,
    close: () => {
      // Closing removes the socket's file.
      server.close()
      for (const socket of open) socket.destroy()
    }
  }
}
