import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { NODE_LIMITS } from '../../../src/transport/limits.ts'
import { parseProxyServer } from '../../../src/transport/proxy-server.ts'
import { OutboundProxy } from '../../../src/transport/tcp/outbound-proxy.ts'

describe('OutboundProxy', () => {
  it.each([
    ['http://host', 'http://host:80'],
    ['http://user:secret@host:3128/', 'http://host:3128'],
    ['socks5://[2001:db8::1]', 'socks5://[2001:db8::1]:1080'],
    ['socks5h://user@host:9', 'socks5://host:9']
  ])('tells itself without credentials: %s', (url, text) => {
    expect(String(new OutboundProxy(parseProxyServer(url)))).toBe(text)
  })

  it.each(['host:3128', 'ftp://user:secret@host', 'socks4://host', 'http://', 'secret'])(
    'refuses %s, and does not repeat it',
    url => {
      expect(() => parseProxyServer(url)).toThrow(
        /^this is no URL of a proxy; give one such as http:\/\/host:3128 or socks5:\/\/host:1080$/
      )
    }
  )

  it('is not for loopback, nor for hosts that are to be reached directly', () => {
    const direct = '.example.org, other.test,10.0.0.0/8 2001:db8::/32,5.9.1.2'
    const proxy = new OutboundProxy(parseProxyServer('http://host'), direct)
    const isFor = (...hosts: string[]) => hosts.map(host => proxy.isFor(host))
    expect(isFor('127.0.0.9', '::1', 'localhost', 'a.localhost')).not.toContain(true)
    expect(isFor('example.org', 'a.EXAMPLE.org', 'other.test', 'a.other.test')).not.toContain(true)
    expect(isFor('10.255.0.1', '2001:db8::5', '5.9.1.2')).not.toContain(true)
    expect(isFor('notexample.org', 'test', '11.0.0.1', '2001:db9::5', '5.9.1.3')).not.toContain(false)
  })

  it('is for nobody where all hosts are to be reached directly', () => {
    expect(new OutboundProxy(parseProxyServer('http://host'), '*').isFor('relay.example')).toBe(false)
  })
})

it.each(['http', 'socks5'])('names a proxy that takes connections and says nothing: %s', async scheme => {
  const silent = createServer(() => {})
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void silent.close())
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const url = `${scheme}://127.0.0.1:${(silent.address() as AddressInfo).port}`
  const target = { host: 'relay.example', port: 443 }
  const { signal } = new AbortController()
  const connecting = new OutboundProxy(parseProxyServer(url)).connect(target, signal)
  const failed = expect(connecting).rejects.toThrow(
    `the proxy ${url} does not connect to relay.example:443: it has not answered within 5 s`
  )
  await once(silent, 'connection')
  vi.advanceTimersByTime(NODE_LIMITS.proxyTimeoutMs)
  await failed
})
