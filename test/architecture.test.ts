import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../src', import.meta.url))

/** Which rooms each room may import, besides those in BELOW_ALL. */
const ARROWS: Record<string, string[]> = {
  units: [],
  pattern: [],
  paths: [],
  files: [],
  http: [],
  topology: ['paths', 'planner'],
  protocol: ['pattern'],
  planner: ['pattern', 'protocol'],
  transport: ['protocol', 'files'],
  discovery: ['protocol', 'transport'],
  client: ['pattern', 'protocol', 'planner', 'files', 'transport', 'discovery'],
  source: ['pattern', 'protocol', 'files', 'transport'],
  relay: ['pattern', 'protocol', 'files', 'transport'],
  director: ['paths', 'protocol', 'transport'],
  simulation: [
    'pattern',
    'paths',
    'protocol',
    'planner',
    'topology',
    'client',
    'source',
    'relay',
    'director'
  ],
  gateway: ['protocol', 'discovery', 'http', 'client'],
  pages: ['http'],
  'director-page': ['protocol', 'http', 'pages', 'director'],
  'node-page': ['protocol', 'planner', 'http', 'pages', 'client', 'source', 'relay'],
  library: ['protocol', 'transport', 'discovery', 'client', 'source', 'relay', 'director'],
  check: ['protocol', 'transport', 'discovery', 'client'],
  lab: ['pattern', 'paths', 'protocol', 'planner', 'topology', 'transport', 'client', 'simulation'],
  cli: [
    ...['pattern', 'protocol', 'planner', 'files', 'http', 'topology', 'transport', 'discovery'],
    ...['client', 'source', 'relay', 'director', 'library', 'gateway', 'director-page'],
    ...['pages', 'node-page', 'check', 'lab']
  ]
}
const BELOW_ALL = ['errors.ts', 'failpoints.ts', 'scheduler.ts', 'units']
/** For other programs: everything but what only this one needs; and the part of it that runs anywhere. */
const LIBRARIES: Record<string, string[]> = {
  'index.ts': ['library', 'client', 'director', 'relay', 'source'],
  'roles.ts': Object.keys(ARROWS).filter(
    room =>
      !['cli', 'check', 'lab', 'simulation', 'files', 'library'].includes(room) &&
      !['director-page', 'pages', 'node-page'].includes(room)
  ),
  'core.ts': ['pattern', 'protocol', 'planner', 'client']
}

/** What decides, by room or file: it is told events and times, and knows neither sockets, files nor clocks. */
const PURE = [
  ...[
    'pattern/',
    'paths/',
    'protocol/',
    'planner/',
    'topology/',
    'simulation/',
    'lab/design/',
    'lab/csv.ts',
    'lab/live-figures.ts',
    'lab/report/bootstrap.ts',
    'units/',
    'core.ts',
    'errors.ts'
  ],
  ...filesOf('lab/figures', [
    ...[
      'benefit-figure',
      'burst-figure',
      'cases',
      'catalogue',
      'competition-figure',
      'empirical-distribution'
    ],
    ...['figure', 'figure-trials', 'handover-figure', 'long-lossy-figure', 'median-curve', 'memory-figure'],
    ...['plot', 'rate-limited-figure', 'relay-deaths-figure', 'short-transfer-figure', 'trace-pair-figure'],
    ...['two-rates-figure', 'wifi-cellular-figure', 'words']
  ]),
  ...filesOf('client', [
    ...[
      'blame',
      'byte-range',
      'content-verdict',
      'fetch-queue',
      'defaults',
      'delivery-watch',
      'fetch-control',
      'holders',
      'fetch-events',
      'fetch-totals',
      'no-route',
      'outage',
      'part-plan',
      'part-turns',
      'path-offers',
      'rate-history',
      'read-pool',
      'reassembler',
      'record-check',
      'route-errors'
    ],
    ...[
      'route-memory',
      'route-in-use',
      'route-table',
      'segment-memory',
      'segment-pieces',
      'session',
      'session-action',
      'session-init',
      'session-steering',
      'session-story',
      'stall-meter'
    ],
    ...['delay-watch', 'growing-extent', 'live-edge', 'live-flow', 'live-lengths', 'live-verifier'],
    ...['output-position', 'ticket-request', 'transfer', 'transfer-errors', 'uplink-shares', 'verifier'],
    'waiting-reason',
    ...['source-news', 'test-blocks']
  ]),
  ...filesOf('check', [
    ...['address-findings', 'answers', 'director-findings', 'facts', 'fetch-meter', 'host-findings'],
    ...['limits', 'outcome', 'route-findings']
  ]),
  ...filesOf('discovery', ['director-errors', 'heard-peers']),
  ...filesOf('gateway', [
    ...['contents', 'cors', 'failure', 'limits', 'listing', 'listing-page', 'page'],
    ...['block-cache', 'preconditions', 'ranges', 'refusals', 'target'],
    ...['activity', 'content-activity', 'page-policy', 'panel', 'panel-script'],
    ...['end-to-end', 'proxy-pac', 'proxy-target', 'url-map']
  ]),
  ...filesOf('director-page', [...['groups', 'limits', 'map-layout', 'page-view', 'problems', 'style']]),
  ...filesOf('node-page', [
    ...['fetch-page-view', 'limits', 'member-standing', 'nodes-view', 'problem', 'relay-page-view', 'style']
  ]),
  ...filesOf('pages', ['limits', 'style', 'token-page']),
  ...filesOf('http', ['host-check', 'limits', 'markup', 'page-frame', 'request-target']),
  ...filesOf('source', [
    ...['admission', 'limits', 'sender-core', 'session-heads', 'session-secrets', 'source-session'],
    ...['frame-cutter', 'source-view', 'stream-times']
  ]),
  ...filesOf('relay', [
    ...['admission', 'allowance', 'client-pace', 'dial-policy', 'errors', 'forward-queue'],
    ...[
      'hop-waits',
      'limits',
      'own-bytes',
      'pass-book',
      'pass-segment',
      'path',
      'pattern-history',
      'receipt-account'
    ],
    ...['relay-core', 'relay-load', 'relay-view', 'route-action', 'route-core', 'usage-ledger', 'usage-tally']
  ]),
  ...filesOf('transport', [
    ...[
      'budget',
      'dial-budget',
      'endpoint',
      'failure-reasons',
      'fair-scheduler',
      'frame-budget',
      'inbound-places',
      'ip-ranges',
      'known-peers',
      'limits',
      'proxy-server',
      'seen-address',
      'share',
      'token-bucket',
      'uplink-change',
      'uplink-choice',
      'virtual-interfaces'
    ]
  ]),
  ...filesOf('director', [
    ...[
      'addresses-for',
      'catalog-packs',
      'content-index',
      'dial-back-plan',
      'director-leases',
      'limits',
      'link-table',
      'multi-map',
      'name-notice',
      'neighbor-choice',
      'neighbor-rings',
      'own-rows',
      'pass-of',
      'relay-draw',
      'registry',
      'registry-change',
      'route-version',
      'shared-limits',
      'shared-state',
      'shared-values',
      'shortfall',
      'standing',
      'tally',
      'told-rows',
      'view'
    ]
  ])
]
/** Files of pure rooms that are not: the hash that browsers exchange, and what reads a file. */
const NOT_PURE = ['protocol/aead.ts', 'protocol/sha256.ts', 'topology/topology-file.ts']
/** What pure files may import besides one another: the hash, which browsers exchange. */
const AS_PURE = ['protocol/aead.ts', 'protocol/sha256.ts']
/** Packages of libp2p that are pure themselves: they read and verify keys and peer ids, and run in browsers. */
const PURE_PACKAGES = ['@libp2p/crypto/keys', '@libp2p/peer-id']
const IMPURE_WORDS =
  /\b(Buffer|performance|Date|set(Timeout|Interval|Immediate)|queueMicrotask|systemScheduler)\b|\bMath\.random\b|(?<![.#])\bprocess[.[]/g

/** Made by a generator: neither read nor written by people. */
const GENERATED = [
  'protocol/attach.ts',
  'protocol/director.ts',
  'protocol/route.ts',
  'protocol/ticket-wire.ts'
]
const MAX_CODE_LINES = 400

interface SourceFile {
  path: string
  room: string
  text: string
  /** Files of this house. */
  imports: string[]
  /** Packages and modules of Node that are imported by value. */
  packages: string[]
}

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.ts'))
  .map(readSource)

describe('the house', () => {
  it('has no arrow between rooms but those that are drawn', () => {
    const wrong = files.flatMap(({ path, room, imports }) =>
      imports.filter(target => !isAllowed(path, room, roomOf(target))).map(target => `${path} -> ${target}`)
    )
    expect(wrong).toEqual([])
  })

  it('has no circles, those of types alone included', () => {
    expect(circles()).toEqual([])
  })

  it('lets nothing that decides know sockets, files, clocks or Node', () => {
    const pure = files.filter(({ path }) => isPure(path))
    expect(PURE.filter(part => !pure.some(({ path }) => path.startsWith(part)))).toEqual([])
    const wrong = pure.flatMap(({ path, text, imports, packages }) =>
      [
        ...imports.filter(target => !isPure(target) && !AS_PURE.includes(target)),
        ...packages.filter(isImpurePackage),
        ...(withoutComments(text).match(IMPURE_WORDS) ?? [])
      ].map(what => `${path}: ${what}`)
    )
    expect(wrong).toEqual([])
  })

  it('lets only the outputs of a client know Node', () => {
    const clients = files.filter(({ path }) => /^(client|discovery)\/(?!output\/)/.test(path))
    const wrong = clients.flatMap(({ path, packages }) =>
      packages.filter(name => name.startsWith('node:')).map(name => `${path}: ${name}`)
    )
    expect(clients.length).toBeGreaterThan(20)
    expect(wrong).toEqual([])
  })

  it('has no file that is too long to be read at once', () => {
    const long = files.filter(
      ({ path, text }) => !GENERATED.includes(path) && codeLines(text) > MAX_CODE_LINES
    )
    expect(long.map(({ path }) => path)).toEqual([])
  })
})

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)]
  return {
    path,
    room: roomOf(path),
    text,
    imports: imports.map(([, target]) => normalize(join(dirname(path), target!))),
    packages: packagesOf(text)
  }
}

function packagesOf(text: string): string[] {
  const fromClause = /^(?:import|export) (?!type\b)[^;']*?from '([^'.][^']*)'|\bimport\(?\s*'([^'.][^']*)'/gm
  return [...text.matchAll(fromClause)].map(([, named, bare]) => named ?? bare!)
}

function filesOf(room: string, names: string[]): string[] {
  return names.map(name => `${room}/${name}.ts`)
}

function isPure(path: string): boolean {
  return PURE.some(part => path.startsWith(part)) && !NOT_PURE.includes(path)
}

function isImpurePackage(name: string): boolean {
  return /^(node:|libp2p$|@libp2p\/|@chainsafe\/)/.test(name) && !PURE_PACKAGES.includes(name)
}

function roomOf(path: string): string {
  return path.split('/')[0]!
}

function isAllowed(path: string, from: string, to: string): boolean {
  if (from === to || BELOW_ALL.includes(to)) return true
  return (LIBRARIES[path] ?? ARROWS[from])?.includes(to) ?? false
}

/** Each group of files that lead to one another, by Tarjan's algorithm. */
function circles(): string[][] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const found: string[][] = []
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const visit = (path: string): void => {
    order.set(path, order.size)
    lowest.set(path, order.get(path)!)
    stack.push(path)
    for (const target of importsOf.get(path) ?? []) {
      if (!order.has(target)) visit(target)
      if (stack.includes(target)) lowest.set(path, Math.min(lowest.get(path)!, lowest.get(target)!))
    }
    if (lowest.get(path) !== order.get(path)) return
    const group = stack.splice(stack.indexOf(path))
    if (group.length > 1) found.push(group.sort())
  }
  for (const { path } of files) if (!order.has(path)) visit(path)
  return found
}

/** Lines that are neither empty nor comments. */
function codeLines(text: string): number {
  return withoutComments(text)
    .split('\n')
    .filter(line => line.trim() !== '').length
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
