import { lookup } from 'node:dns/promises'
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')
const UNSPECIFIED = ['0.0.0.0', '::']

/** Whether an address is one that programs of this host alone can have. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Whether a host name or an address leads to this host. */
export async function leadsToThisHost(hostName: string): Promise<boolean> {
  const found = await lookup(hostName.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])
  const own = Object.values(networkInterfaces()).flatMap(each => each?.map(({ address }) => address) ?? [])
  return found.some(
    ({ address }) => isLoopback(address) || UNSPECIFIED.includes(address) || own.includes(address)
  )
}
