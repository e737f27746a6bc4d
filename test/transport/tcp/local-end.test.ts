import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LANE_LIMITS } from '../../../src/transport/lanes.ts'
import { LocalEnd, NoLocalAddressError } from '../../../src/transport/tcp/local-end.ts'
import { Reception } from '../../../src/transport/tcp/reception.ts'
import { TcpLanes } from '../../../src/transport/tcp/tcp-lanes.ts'

const localOf = (ip4?: string, ip6?: string) => {
  const end = new LocalEnd()
  end.addresses = { ...(ip4 ? { ip4 } : {}), ...(ip6 ? { ip6 } : {}) }
  return (address: string) => end.optionsFor(multiaddr(address))
}

describe('the local end of an uplink', () => {
  it('has an address for each family', () => {
    const optionsFor = localOf('10.0.0.2', 'fd00::2')
    for (const address of ['/ip4/8.8.8.8/tcp/1', '/dns4/x.example/tcp/1', '/dns/x.example/tcp/1'])
      expect(optionsFor(address)).toEqual({ localAddress: '10.0.0.2', family: 4 })
    for (const address of ['/ip6/2a01::1/tcp/1', '/dns6/x.example/tcp/1'])
      expect(optionsFor(address)).toEqual({ localAddress: 'fd00::2', family: 6 })
  })

  it('looks names up in the one family that it has, and refuses addresses of the other', () => {
    expect(localOf(undefined, 'fd00::2')('/dns/x.example/tcp/1').family).toBe(6)
    expect(() => localOf(undefined, 'fd00::2')('/ip4/8.8.8.8/tcp/1')).toThrow(NoLocalAddressError)
    expect(() => localOf('10.0.0.2')('/ip6/2a01::1/tcp/1')).toThrow('no IPv6 address')
  })

  it('is told of what is dialled by IP address, and from where', () => {
    const told: string[][] = []
    const end = new LocalEnd((...dial) => told.push(dial))
    end.addresses = { ip4: '10.0.0.2' }
    for (const address of ['/ip4/8.8.8.8/tcp/1', '/dns4/x.example/tcp/1']) end.optionsFor(multiaddr(address))
    expect(told).toEqual([['8.8.8.8', '10.0.0.2']])
  })

  it('is where lanes come from, whose bytes it counts, and which it breaks', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const end = new LocalEnd()
    end.addresses = { ip4: '127.0.0.7' }
    const lost = Promise.withResolvers<Error>()
    const handlers = { onFrame: () => {}, onEnd: () => {}, onLost: lost.resolve }
    const came = once(server, 'connection') as Promise<[Socket]>
    const address = multiaddr(`/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`)
    const lanes = new TcpLanes({ ...LANE_LIMITS, connectMs: 10_000 }, new Reception(), { local: end })
    expect(await lanes.connect(address, new Uint8Array(32), handlers)).toBeDefined()
    const [socket] = await came
    expect(socket.remoteAddress).toBe('127.0.0.7')
    expect(end.bytes).toBeGreaterThan(0)
    end.end()
    await lost.promise
  })
})
