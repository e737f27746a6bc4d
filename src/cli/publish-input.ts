import { once } from 'node:events'
import { constants, createReadStream, openSync, statSync } from 'node:fs'
import { createServer, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { ConfigurationError } from '../errors.ts'

/** Opens what a live content is made of: `-` for standard input, or the path of a named pipe or file. Throws ConfigurationError. */
export function openInput(path: string): Readable {
  if (path === '-') return process.stdin
  try {
    // A named pipe may have no writer yet: the wait for one must hold up neither the process nor a signal.
    if (statSync(path).isFIFO())
      return new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false })
    return createReadStream('', { fd: openSync(path, 'r') })
  } catch (error) {
    throw new ConfigurationError(`Cannot read ${path}: ${(error as Error).message}`, error)
  }
}

/**
 * Waits at a port of this host alone for the one connection that brings the content; `onListening` is told the port. Throws
 * ConfigurationError where it cannot listen.
 */
export async function acceptInput(port: number, onListening: (port: number) => void): Promise<Readable> {
  const server = createServer()
  const connected = once(server, 'connection')
  connected.catch(() => {})
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch(error => {
    throw new ConfigurationError(`Cannot listen at port ${port}: ${error.message}`, error)
  })
  const address = server.address()
  onListening(typeof address === 'object' && address ? address.port : port)
  const [socket] = await connected
  server.close()
  return socket
}
