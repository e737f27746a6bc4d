import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { PROXY_LIMITS } from './limits.ts'
import type { Authority } from './proxy-target.ts'
import { OriginFailedError, OriginTimeoutError } from './refusals.ts'

/** Connects to a server. Throws OriginFailedError and OriginTimeoutError. */
export async function dialOrigin({ hostName, port, host }: Authority, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host: hostName.replace(/^\[|\]$/g, ''), port, allowHalfOpen: true, signal })
  socket.setTimeout(PROXY_LIMITS.dialMs, () =>
    socket.destroy(new OriginTimeoutError(host, PROXY_LIMITS.dialMs))
  )
  await once(socket, 'connect').catch((error): never => {
    throw error instanceof OriginTimeoutError ? error : new OriginFailedError(host, error.code)
  })
  return socket.setTimeout(0)
}

/**
 * Hands on what comes over each of two connections over the other, until both have ended, or one
 * fails: then both are closed.
 */
export async function joinConnections(one: Socket, other: Socket): Promise<void> {
  for (const socket of [one, other]) socket.setNoDelay(true).setKeepAlive(true, PROXY_LIMITS.keepAliveMs)
  await Promise.allSettled([pipeline(one, other), pipeline(other, one)])
  for (const socket of [one, other]) socket.destroy()
}
