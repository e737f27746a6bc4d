import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { standpointOf } from '../src/director/addresses-for.ts'
import { DIRECTOR_LIMITS } from '../src/director/limits.ts'
import { Registry } from '../src/director/registry.ts'
import { findRoutes, type RouteQuery } from '../src/director/route-finder.ts'
import { ROUTE_PROTOCOL } from '../src/protocol/route-codec.ts'

// How long does a director look for the routes of one answer in networks of different sizes? Each relay has measured some
// others, and stands somewhere on a square that takes 150 ms across; a tenth of the networks have two relays. Prints a line
// for each size: milliseconds of processor time for one answer, the median and the most of some.
// Usage: npm run bench:director-paths -- [--links 16] [RELAYS ...]
const { values, positionals } = parseArgs({
  options: { links: { type: 'string', default: '16' } },
  allowPositionals: true
})
const SIZES = positionals.map(Number)
const LINKS = Number(values.links)
const QUERIES = 60
const OWNER = 'director'
const HERE = '/ip4/127.0.0.1/tcp/1'

console.log(`${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)}`)
for (const size of SIZES.length > 0 ? SIZES : [1_000, 10_000, 100_000]) measure(size)

function measure(relays: number): void {
  const registry = networkOf(relays)
  const asker = standpointOf('/ip4/8.8.8.8/tcp/1')
  const query = (more: Partial<RouteQuery>): RouteQuery => ({
    content: { name: 'film' },
    count: 8,
    asker,
    ...more
  })
  const some = Array.from({ length: 20 }, (_, at) => ({
    peerId: idOf(Math.floor((at / 20) * relays)),
    rttMs: 10 + at
  }))
  const first = findRoutes(registry, query({}), DIRECTOR_LIMITS, 0)!
  const held = first.routes.map(route => ({
    sourceId: route.sourceId,
    relays: route.relays.map(({ peerId }) => peerId)
  }))
  const kinds: Record<string, RouteQuery> = {
    'of 8': query({}),
    'of 16': query({ count: 16 }),
    'of 8 that are held': query({ held }),
    'of 8 over 20 known relays': query({ neighbors: some }),
    'of 8 over 4 known relays': query({ neighbors: some.slice(0, 4) })
  }
  for (const [kind, asked] of Object.entries(kinds)) {
    const tookMs: number[] = []
    let found = 0
    for (let turn = 0; turn < QUERIES; turn++) {
      const before = process.cpuUsage()
      found = findRoutes(registry, asked, DIRECTOR_LIMITS, 0)!.routes.length
      const { user, system } = process.cpuUsage(before)
      tookMs.push((user + system) / 1_000)
    }
    tookMs.sort((a, b) => a - b)
    const [median, most] = [tookMs[QUERIES / 2]!.toFixed(2), tookMs.at(-1)!.toFixed(2)]
    console.log(`${relays} relays, ${found} routes ${kind}: ${median} ms, at most ${most} ms`)
  }
}

function networkOf(relays: number): Registry {
  const registry = new Registry({ ...DIRECTOR_LIMITS, maxNodes: 3 * relays })
  for (let at = 0; at <= relays; at++) {
    const role = at === relays ? ('source' as const) : ('relay' as const)
    const place = at % 10 === 0 ? at + 1 : at
    const address = `/ip4/${20 + (place >> 16)}.${(place >> 8) & 255}.${place & 255}.${1 + (at % 2)}/tcp/1`
    const node = {
      ...{ peerId: idOf(at), role, addresses: [address], labels: [], restricted: false, capabilities: [] },
      routeProtocol: ROUTE_PROTOCOL
    }
    registry.apply({ kind: 'registered', owner: OWNER, node, from: HERE, leaseMs: 1e9 }, 0)
    registry.apply({ kind: 'reached', owner: OWNER, peerId: idOf(at), addresses: [address] }, 0)
  }
  const source = idOf(relays)
  registry.apply({ kind: 'contentsBegun', peerId: source }, 0)
  const entries = [{ name: 'film', rootHash: 'root', record: '' }]
  registry.apply({ kind: 'contentsPut', peerId: source, entries }, 0)
  for (let at = 0; at <= relays; at++) {
    const peers = Array.from({ length: at === relays ? 2 * LINKS : LINKS }, () => {
      const other = Math.floor(Math.random() * relays)
      return { peerId: idOf(other), rttMs: 2 + 150 * Math.hypot(along(at, 1, other), along(at, 2, other)) }
    })
    registry.apply({ kind: 'measured', peerId: idOf(at), peers, ttlMs: 1e9 }, 0)
  }
  return registry
}

function along(a: number, axis: number, b: number): number {
  return placeOf(a, axis) - placeOf(b, axis)
}

function placeOf(at: number, axis: number): number {
  const value = Math.sin(at * 127.1 + axis * 311.7) * 43_758.5453
  return value - Math.floor(value)
}

function idOf(at: number): string {
  return `12D3KooW${String(at).padStart(44, 'x')}`
}
