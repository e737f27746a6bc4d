import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import type { UnreachableError } from '../../src/transport/failure-reasons.ts'
import { hasIpv6 } from '../../src/transport/interfaces.ts'
import { NODE_LIMITS } from '../../src/transport/limits.ts'
import { startSilent } from './silent-host.ts'
import { startNode } from './started-node.ts'

/** What a dial of addresses that refuse has tried, in order. */
async function triesOf(addresses: string[]): Promise<string[]> {
  const client = await startNode([])
  const error = await client.dial(addresses.map(address => multiaddr(address))).catch(error => error)
  return (error as UnreachableError).failures.map(({ address }) => address!)
}

describe("a node's dial", () => {
  it('tries the second address while the first is silent, and gives that up for it', async () => {
    const events: string[] = []
    const silent = await startSilent(events)
    const [server, client] = await Promise.all([startNode(), startNode([])])
    const [good] = server.getMultiaddrs()
    client.addEventListener('connection:open', () => events.push('good opened'))
    const connection = await client.dial([silent.encapsulate(`/p2p/${server.peerId}`), good!])
    expect(connection.remoteAddr.toString()).toBe(good!.toString())
    await expect.poll(() => events).toContain('silent closed')
    expect(events).toEqual(['silent opened', 'good opened', 'silent closed'])
    expect(client.getConnections()).toHaveLength(1)
  })

  it('tries an address that another dial of the same peer adds', async () => {
    const events: string[] = []
    const silent = await startSilent(events)
    const [server, client] = await Promise.all([startNode(), startNode([])])
    const first = client.dial(silent.encapsulate(`/p2p/${server.peerId}`))
    await expect.poll(() => events).toContain('silent opened')
    const second = client.dial(server.getMultiaddrs())
    expect((await first).id).toBe((await second).id)
  })

  it('tries the addresses in the order in which they were told', async () => {
    // libp2p by itself would take the loopback address last.
    expect(await triesOf(['/ip4/127.0.0.1/tcp/1', '/ip4/0.0.0.0/tcp/1'])).toEqual([
      '/ip4/127.0.0.1/tcp/1',
      '/ip4/0.0.0.0/tcp/1'
    ])
  })

  it.skipIf(!hasIpv6())('tries the other family second', async () => {
    const told = ['/ip4/127.0.1.1/tcp/1', '/ip4/127.0.1.2/tcp/1', '/ip6/::1/tcp/1']
    expect(await triesOf(told)).toEqual([told[0], told[2], told[1]])
  })

  it('tries a bounded number of addresses', async () => {
    const told = Array.from(
      { length: 2 * NODE_LIMITS.maxAddressesPerDial },
      (_, at) => `/ip4/127.0.1.${at + 1}/tcp/1`
    )
    expect(await triesOf(told)).toHaveLength(NODE_LIMITS.maxAddressesPerDial)
  })

  it('gives a connection that outlives the signal it was made with', async () => {
    const [server, client] = await Promise.all([startNode(), startNode([])])
    const gone = new AbortController()
    await client.dial(server.getMultiaddrs(), { signal: gone.signal })
    gone.abort()
    await client.services.ping.ping(server.peerId)
  })

  it('reuses a connection that stands', async () => {
    const events: string[] = []
    const silent = await startSilent(events)
    const [server, client] = await Promise.all([startNode(), startNode([])])
    const [good] = server.getMultiaddrs()
    const first = await client.dial(good!)
    const again = await client.dial([silent.encapsulate(`/p2p/${server.peerId}`), good!])
    expect(again.id).toBe(first.id)
    expect(events).toEqual([])
  })

  it('fails with the reason of each address', async () => {
    const [dead, client] = await Promise.all([startNode(), startNode([])])
    const [address] = dead.getMultiaddrs()
    await dead.stop()
    const place = address!.decapsulate('/p2p').toString()
    await expect(client.dial(address!)).rejects.toThrow(`${place} (connection refused)`)
    const other = multiaddr('/ip4/127.0.0.1/tcp/1').encapsulate(`/p2p/${dead.peerId}`)
    await expect(client.dial([address!, other])).rejects.toThrow(
      `${place} (connection refused), /ip4/127.0.0.1/tcp/1 (connection refused)`
    )
  })

  it('reaches a peer by its bare id again after it has been there', async () => {
    const [server, client] = await Promise.all([startNode(), startNode([])])
    const connection = await client.dial(server.getMultiaddrs())
    connection.abort(new Error('lost'))
    await expect.poll(() => client.getConnections()).toEqual([])
    const again = await client.dial(server.peerId)
    expect(again.id).not.toBe(connection.id)
  })
})

describe('a dial of a name', () => {
  it('tries all addresses that the name stands for, the next one while the first is silent', async () => {
    const events: string[] = []
    const server = await startNode(['/ip4/127.0.0.2/tcp/0'])
    const port = portOf(server.getMultiaddrs()[0]!)
    await startSilent(events, port)
    const asked: unknown[] = []
    const client = await startNode([], {
      lookUp: async (name, family) => {
        asked.push([name, family])
        return ['127.0.0.1', '127.0.0.2']
      }
    })
    const connection = await client.dial(multiaddr(`/dns4/relay.example/tcp/${port}/p2p/${server.peerId}`))
    expect(connection.remoteAddr.toString()).toBe(server.getMultiaddrs()[0]!.toString())
    expect(asked).toEqual([['relay.example', 4]])
    expect(events).toContain('silent opened')
  })

  it('asks anew each time', async () => {
    const server = await startNode()
    const port = portOf(server.getMultiaddrs()[0]!)
    const ips = ['127.0.0.9', '127.0.0.1']
    const client = await startNode([], { lookUp: async () => [ips.shift()!] })
    const address = multiaddr(`/dns/relay.example/tcp/${port}/p2p/${server.peerId}`)
    await expect(client.dial(address)).rejects.toThrow(`/ip4/127.0.0.9/tcp/${port} (connection refused)`)
    await client.dial(address)
  })

  it('does not wait for a name that is slow where another address answers', async () => {
    const server = await startNode()
    const client = await startNode([], { lookUp: () => new Promise(() => {}) })
    const [good] = server.getMultiaddrs()
    await client.dial([multiaddr(`/dns/slow.example/tcp/1/p2p/${server.peerId}`), good!])
  })

  it('follows the records of a dnsaddr name, and the names in them', async () => {
    const server = await startNode()
    const port = portOf(server.getMultiaddrs()[0]!)
    const client = await startNode([], { lookUp: async () => ['127.0.0.1'] })
    const data = `dnsaddr=/dns4/relay.example/tcp/${port}/p2p/${server.peerId}`
    const { components } = client as unknown as { components: { dns: object } }
    components.dns = { query: async () => ({ Answer: [{ data }] }) }
    await client.dial(multiaddr(`/dnsaddr/relay.example/p2p/${server.peerId}`))
  })

  it('says that there is no such name', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND' })
    const client = await startNode([], { lookUp: () => Promise.reject(unknown) })
    await expect(client.dial(multiaddr('/dns/nowhere.example/tcp/1'))).rejects.toThrow(
      'there is no such name'
    )
  })
})

function portOf(address: Multiaddr): number {
  return Number(address.getComponents()[1]!.value)
}
