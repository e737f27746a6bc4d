import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { LabCommandError, runCommand } from '../../src/lab/command.ts'
import { Emulation } from '../../src/lab/emulation.ts'
import { addressesFor } from '../../src/topology/addresses.ts'
import {
  type Family,
  findLink,
  type LinkChange,
  nodeNamed,
  parseTopology
} from '../../src/topology/topology.ts'

const TEXT = `name: internet-test
ipv6: true
topology:
  nodes:
    src: {role: source}
    home: {role: router, nat: {inside: [src]}}
    net: {role: router}
    narrow: {role: router}
    r1: {role: relay, firewall: inbound}
    r2: {role: relay, ip: 6}
    r3: {role: relay}
    dir: {role: director, address: 84.1.2.3}
    wifi: {role: router}
    cell: {role: router}
    cli: {role: client}
  links:
    - {endpoints: [src, home]}
    - {endpoints: [home, net]}
    - {endpoints: [net, r1]}
    - {endpoints: [net, r2], mtu: 1400, icmp: false}
    - {endpoints: [net, narrow], mtu: 1400}
    - {endpoints: [narrow, r3]}
    - {endpoints: [net, dir]}
    - {endpoints: [net, wifi]}
    - {endpoints: [net, cell]}
    - {endpoints: [wifi, cli], delay: 1ms}
    - {endpoints: [cell, cli], delay: 30ms}
content: {size: 1MB}
events:
  - {at: 1s, node: cli, link: [wifi, cli], address: change}
  - {at: 1s, node: home, action: flush}
`
const BRING_UP_MS = 120_000
/** A TCP server of one line: it says what the first connection has sent, line by line. */
const SERVER = `require('node:net').createServer(socket => socket.on('data', data => process.stdout.write(data)))
  .listen(5000, () => console.log('listening'))`
/** Connects from an address, and sends a line for each line that it gets. */
const CLIENT = `const [host, localAddress] = process.argv.slice(1)
const socket = require('node:net').connect({ port: 5000, host, localAddress })
socket.on('connect', () => console.log('connected'))
process.stdin.pipe(socket)`

let lab: Emulation
const started: ChildProcess[] = []

beforeAll(async () => {
  const topology = parseTopology(TEXT, 'test.yaml')
  lab = await Emulation.up(topology, { file: 'test.yaml', text: TEXT, traces: new Map() })
}, BRING_UP_MS)
afterAll(() => lab?.down(), BRING_UP_MS)
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  for (const link of lab.topology.links.keys()) await change(link, { kind: 'reset' })
})

const change = (link: number, what: LinkChange) => lab.applyEvent({ atMs: 0, link, change: what })

function addressOf(node: string, family: Family, link?: number): string {
  const found = nodeNamed(lab.topology, node).addresses
  return found.find(address => address.family === family && (link === undefined || address.link === link))!.ip
}

const linkOf = (a: string, b: string) => findLink(lab.topology, a, b)

/** What ping says; its failure is an answer, too. */
async function ping(from: string, ...args: string[]): Promise<string> {
  const command = ['ping', '-c', '3', '-i', '0.05', '-W', '0.5', ...args]
  return await runCommand([...lab.inNode(from, ['sh', '-c', '"$@" 2>&1 || true', 'sh']), ...command])
}

/** Starts a program of Node in a node, and tells when it has written a line. */
function start(node: string, script: string, ...args: string[]) {
  const [ip, ...rest] = lab.inNode(node, [process.execPath, '-e', script, ...args])
  const child = spawn(ip!, rest, { stdio: ['pipe', 'pipe', 'ignore'] })
  started.push(child)
  const lines = createInterface(child.stdout!)
  return { child, line: () => once(lines, 'line') }
}

describe('addresses', () => {
  test('each host has public ones of both versions of IP, and reaches all others by them', async () => {
    expect(await ping('r1', addressOf('r3', 4))).toContain(' 0% packet loss')
    expect(await ping('r1', addressOf('r3', 6))).toContain(' 0% packet loss')
    expect(await ping('r3', '84.1.2.3')).toContain(' 0% packet loss')
  })

  test('a host of IPv6 alone has no IPv4', async () => {
    expect(await ping('r2', '84.1.2.3')).toMatch(/unreachable|100% packet loss/)
    expect(await ping('r2', addressOf('dir', 6))).toContain(' 0% packet loss')
  })
})

describe('a NAT', () => {
  test('lets out what is inside, by its own address, and nothing in', async () => {
    const server = start('r3', SERVER)
    await server.line()
    const client = start('src', CLIENT, addressOf('r3', 4))
    await client.line()
    const seen = await runCommand(lab.inNode('r3', ['ss', '-H', '-t', '-n', 'state', 'established']))
    expect(seen).toContain(addressOf('home', 4))
    expect(seen).not.toContain(addressOf('src', 4))
    expect(addressesFor(lab.topology, 'src', 'r3')).toEqual([])
    expect(await ping('r3', addressOf('src', 6))).toContain('100% packet loss')
    expect(await ping('r3', addressOf('src', 4))).toMatch(/unreachable/)
    expect(await ping('src', addressOf('r3', 6))).toContain(' 0% packet loss')
  })

  test('that has forgotten its connections lets nothing of them pass, and says nothing', async () => {
    const server = start('r3', SERVER)
    await server.line()
    const client = start('src', CLIENT, addressOf('r3', 4))
    await client.line()
    client.child.stdin!.write('before\n')
    expect(await server.line()).toEqual(['before'])
    await lab.changeNode('home', 'flush')
    client.child.stdin!.write('after\n')
    const next = start('src', CLIENT, addressOf('r3', 4))
    await next.line()
    next.child.stdin!.write('new\n')
    expect(await server.line()).toEqual(['new'])
    expect(client.child.exitCode).toBeNull()
  })
})

test('a firewall drops what others open, and lets its host connect to them', async () => {
  const servers = [start('r1', SERVER), start('r3', SERVER)]
  await Promise.all(servers.map(server => server.line()))
  await start('r1', CLIENT, addressOf('r3', 4)).line()
  const scan = ['timeout', '1', 'bash', '-c', `: < /dev/tcp/${addressOf('r1', 4)}/5000`]
  await expect(runCommand(lab.inNode('r3', scan))).rejects.toThrow(LabCommandError)
})

describe('a link with a small MTU', () => {
  const pingWhole = (node: string, bytes: number) =>
    ping('dir', '-M', 'do', '-s', `${bytes - 48}`, addressOf(node, 6))

  test('swallows larger packets without a word where ICMP is off', async () => {
    expect(await pingWhole('r2', 1400)).toContain(' 0% packet loss')
    const large = await pingWhole('r2', 1401)
    expect(large).toContain('100% packet loss')
    expect(large).not.toMatch(/too (big|long)|mtu/i)
  })

  test('is told to those who send larger packets where ICMP is on', async () => {
    expect(await pingWhole('r3', 1400)).toContain(' 0% packet loss')
    expect(await pingWhole('r3', 1401)).toMatch(/mtu[= ]+1400/i)
  })
})

describe('several uplinks', () => {
  /** The least round trip of a few, in ms, of a ping by the client; Infinity without an answer. */
  const roundTripMs = async (...args: string[]) => {
    const times = [...(await ping('cli', ...args)).matchAll(/time=([\d.]+)/g)]
    return Math.min(...times.map(match => Number(match[1])))
  }
  const wifi = () => linkOf('wifi', 'cli')
  const cell = () => linkOf('cell', 'cli')
  const atCli = (link: number) => lab.topology.links[link]!.endpoints.indexOf('cli') as 0 | 1

  test.each([4, 6] as const)('what is bound to an address or a device leaves by it: IPv%i', async family => {
    const target = addressOf('dir', family)
    expect(await roundTripMs(target)).toBeLessThan(30)
    for (const source of [addressOf('cli', family, wifi()), `l${wifi()}`])
      expect(await roundTripMs('-I', source, target)).toBeLessThan(30)
    for (const source of [addressOf('cli', family, cell()), `l${cell()}`])
      expect(await roundTripMs('-I', source, target)).toBeGreaterThan(59)
  })

  test('an interface that vanishes is seen to be gone, and the other one takes over until it returns', async () => {
    const end = atCli(wifi())
    await change(wifi(), { kind: 'interface', end, what: 'vanish' })
    const script = 'console.log(Object.keys(require("node:os").networkInterfaces()).join())'
    const interfaces = () => runCommand(lab.inNode('cli', [process.execPath, '-e', script]))
    expect(await interfaces()).toBe(`lo,l${cell()}\n`)
    for (const family of [4, 6] as const)
      expect(await roundTripMs(addressOf('dir', family))).toBeGreaterThan(59)
    await change(wifi(), { kind: 'interface', end, what: 'return' })
    expect(await interfaces()).toBe(`lo,l${wifi()},l${cell()}\n`)
    for (const family of [4, 6] as const)
      expect(
        await roundTripMs('-I', addressOf('cli', family, wifi()), addressOf('dir', family))
      ).toBeLessThan(30)
  })

  test('an address changes, goes and comes back', async () => {
    const first = addressOf('cli', 4, wifi())
    const addresses = () =>
      runCommand(lab.inNode('cli', ['ip', '-4', '-o', 'addr', 'show', 'dev', `l${wifi()}`]))
    const turn = (what: 'change' | 'remove' | 'restore') =>
      change(wifi(), { kind: 'address', end: atCli(wifi()), what })
    await turn('change')
    const [, second] = /inet ([\d.]+)/.exec(await addresses())!
    expect(second).not.toBe(first)
    expect(await roundTripMs('-I', second!, addressOf('dir', 4))).toBeLessThan(30)
    await turn('remove')
    expect(await addresses()).toBe('')
    expect(await roundTripMs(addressOf('dir', 4))).toBeGreaterThan(59)
    await turn('restore')
    expect(await addresses()).toContain(first)
    expect(await roundTripMs(addressOf('dir', 4))).toBeLessThan(30)
  })
})

test('a node that is suspended stands still, and goes on afterwards', async () => {
  const server = start('r3', SERVER)
  await server.line()
  const state = async () => (await readFile(`/proc/${server.child.pid}/stat`, 'utf8')).split(') ')[1]![0]
  await lab.changeNode('r3', 'suspend')
  expect(await state()).toBe('T')
  await lab.changeNode('r3', 'resume')
  expect(await state()).not.toBe('T')
})
