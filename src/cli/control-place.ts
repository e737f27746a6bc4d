import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AnabranchError, ExitCode } from '../errors.ts'

/** What processes listen for on their sockets: orders to a fetch, or questions how a daemon is. */
export type SocketKind = 'fetch' | 'status'

const ENDINGS: Record<SocketKind, string> = { fetch: '.sock', status: '.status.sock' }
const SOCKET_NAME = /^(\d+)(\..+)$/

/** The directory of control sockets is not this user's own. */
export class ControlPlaceError extends AnabranchError {
  constructor(directory: string) {
    super(
      'ERR_CONTROL_PLACE',
      `${directory} belongs to somebody else, or is open to others; remove it, or set XDG_RUNTIME_DIR`,
      { exitCode: ExitCode.configuration }
    )
  }
}

/** A process that runs, and its socket. */
export interface RunningProcess {
  pid: number
  path: string
}

/**
 * The directory of the sockets by which this user's fetches are controlled: in the user's runtime directory, or where there
 * is none below that for temporary files.
 */
export function controlDirectory({ XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): string {
  const user = process.getuid?.()
  const isOwn = XDG_RUNTIME_DIR?.startsWith('/') && statSync(XDG_RUNTIME_DIR, QUIETLY)?.uid === user
  return isOwn ? join(XDG_RUNTIME_DIR!, 'anabranch') : join(tmpdir(), `anabranch-${user}`)
}

const QUIETLY = { throwIfNoEntry: false } as const

/** Makes the directory, for this user alone. Throws ControlPlaceError, and errors of the disk. */
export function makeControlDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  checkOwn(directory)
}

/** The socket of this process. */
export function ownSocket(directory: string, kind: SocketKind): string {
  return join(directory, `${process.pid}${ENDINGS[kind]}`)
}

/**
 * Who can be reached, by ascending process id, each with a connection. Sockets are removed behind which nobody is any
 * more. Throws ControlPlaceError.
 */
export async function connectAll(
  directory: string,
  kind: SocketKind
): Promise<Array<RunningProcess & { socket: Socket }>> {
  if (!lstatSync(directory, QUIETLY)) return []
  checkOwn(directory)
  const found = readdirSync(directory).flatMap(name => {
    const [, pid, ending] = SOCKET_NAME.exec(name) ?? []
    return pid === undefined || ending !== ENDINGS[kind]
      ? []
      : [{ pid: Number(pid), path: join(directory, name) }]
  })
  const reached = await Promise.all(
    found.map(async running => {
      const socket = await connectTo(running.path)
      return socket ? [{ ...running, socket }] : []
    })
  )
  return reached.flat().sort((a, b) => a.pid - b.pid)
}

/** Removes the sockets behind which nobody is any more. */
export async function removeStale(directory: string, kind: SocketKind): Promise<void> {
  for (const { socket } of await connectAll(directory, kind)) socket.destroy()
}

/** Lets this user alone use the socket. */
export function closeToOthers(path: string): void {
  chmodSync(path, 0o600)
}

async function connectTo(path: string): Promise<Socket | undefined> {
  const socket = connect(path)
  return await new Promise(resolve => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED') rmSync(path, { force: true })
      resolve(undefined)
    })
  })
}

/** Links are not followed: whoever may write to the directory for temporary files could lead this process elsewhere. */
function checkOwn(directory: string): void {
  const stats = lstatSync(directory)
  const isOwn = stats.isDirectory() && stats.uid === process.getuid?.()
  if (!isOwn || (stats.mode & 0o077) !== 0) throw new ControlPlaceError(directory)
}
