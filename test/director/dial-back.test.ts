import { Resolver } from 'node:dns/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { resolveAddress } from '../../src/director/dial-back.ts'

afterEach(() => void vi.restoreAllMocks())

describe('resolveAddress', () => {
  it.each([
    ['/dns4/relay.example/tcp/4003', '/ip4/5.9.1.2/tcp/4003'],
    ['/dns4/relay.example/tcp/80/ws', '/ip4/5.9.1.2/tcp/80/ws'],
    ['/dns4/relay.example/tcp/443/tls/ws', '/ip4/5.9.1.2/tcp/443/tls/sni/relay.example/ws'],
    ['/dns4/relay.example/tcp/443/tls/sni/a.example/ws', '/ip4/5.9.1.2/tcp/443/tls/sni/a.example/ws'],
    ['/ip4/8.8.8.8/tcp/443/tls/ws', '/ip4/8.8.8.8/tcp/443/tls/ws']
  ])('gives the IP address of a name, which TLS goes on asking for: %s', async (address, resolved) => {
    vi.spyOn(Resolver.prototype, 'resolve4').mockResolvedValue(['5.9.1.2'])
    expect(await resolveAddress(address)).toEqual([resolved])
  })
})
