import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import {
  closeToOthers,
  controlDirectory,
  makeControlDirectory,
  ownSocket,
  removeStale,
  type SocketKind
} from './control-place.ts'

/** Most programs that ask one process at a time. */
const MAX_CONNECTIONS = 16

/**
 * Opens the socket by which this user's other programs ask this process. It keeps the process from
 * ending no more than its connections do, and its file is removed by closing the server. Throws
 * ControlPlaceError, and errors of the disk.
 */
export async function openSocket(
  kind: SocketKind,
  environment: NodeJS.ProcessEnv,
  onConnection: (socket: Socket) => void
): Promise<{ path: string; server: Server }> {
  const directory = controlDirectory(environment)
  makeControlDirectory(directory)
  await removeStale(directory, kind)
  const path = ownSocket(directory, kind)
  const server = createServer(socket => {
    socket.unref()
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(path)
  await once(server, 'listening')
  server.unref()
  closeToOthers(path)
  return { path, server }
}
