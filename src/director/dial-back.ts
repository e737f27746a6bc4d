import { Resolver } from 'node:dns/promises'
import { multiaddr } from '@multiformats/multiaddr'
import type { Scheduler } from '../scheduler.ts'
import { tailOf } from '../transport/endpoint.ts'
import { componentsOf } from '../transport/ip-ranges.ts'
import type { OverlayNode } from '../transport/node.ts'

/** Milliseconds after which a dial, or the question for a name, is given up. */
const DIAL_BACK_TIMEOUT_MS = 3_000

/** Connects to a multiaddr without a peer id and returns the peer id of the node there; rejects where none answers. */
export type DialBack = (address: string) => Promise<string>

/** Dials from a node, over a connection of its own that is closed at once. */
export function dialBackFrom(node: OverlayNode, scheduler: Scheduler): DialBack {
  return async address => {
    const timeout = new AbortController()
    const cancel = scheduler.after(DIAL_BACK_TIMEOUT_MS, () => timeout.abort(new Error('no answer in time')))
    try {
      const { signal } = timeout
      const connection = await node.dial(multiaddr(address), { signal, force: true })
      connection.close({ signal }).catch(error => connection.abort(error))
      return connection.remotePeer.toString()
    } catch (error) {
      throw timeout.signal.aborted ? timeout.signal.reason : error
    } finally {
      cancel()
    }
  }
}

/**
 * Returns the addresses that a multiaddr stands for: for a DNS name those with its IP addresses, for
 * any other the address itself. Others are told these, since a name may stand for another host the
 * next time. Rejects where the name cannot be resolved.
 */
export async function resolveAddress(address: string): Promise<string[]> {
  const [first, ...rest] = componentsOf(address) ?? []
  const families = first && FAMILIES[first.name]
  if (!families) return [address]
  const resolver = new Resolver({ timeout: DIAL_BACK_TIMEOUT_MS, tries: 1 })
  const tail = tailOf(first.value ?? '', rest)
  const found = await Promise.allSettled([
    ...(families.includes(4) ? [resolver.resolve4(first.value ?? '')] : []),
    ...(families.includes(6) ? [resolver.resolve6(first.value ?? '')] : [])
  ])
  const ips = found.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  if (ips.length === 0) throw new Error('the name stands for no IP address')
  return ips.map(ip => `/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}${tail}`)
}

const FAMILIES: Record<string, number[]> = { dns: [4, 6], dns4: [4], dns6: [6] }
