import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DIRECTOR_METRICS } from '../../src/cli/metrics/director-metrics.ts'
import { GATEWAY_METRICS } from '../../src/cli/metrics/gateway-metrics.ts'
import type { MetricInfos } from '../../src/cli/metrics/metric.ts'
import { PROCESS_METRICS } from '../../src/cli/metrics/process-metrics.ts'
import { RELAY_START_METRICS } from '../../src/cli/metrics/relay-metrics.ts'
import { SOURCE_START_METRICS } from '../../src/cli/metrics/source-metrics.ts'
import { Cluster, type Daemon } from './harness.ts'
import type { Program } from './program.ts'

const BYTES = 2_000_000
const METRICS = ['--metrics', '127.0.0.1:0']
/** Absent without a limit, and without a shared state. */
const ABSENT = [
  'anabranch_relay_limit_bytes_per_second',
  'anabranch_director_state_up',
  'anabranch_director_peers'
]

describe('the metrics of a network', () => {
  it('are those that are declared, as Prometheus wants them, and count a fetch', async () => {
    const { cluster, director, source, relay, bytes } = await startAll()
    const gateway = cluster.run([
      ...['client', 'gateway', '--json', '--http', '127.0.0.1:0', ...METRICS],
      ...['--director', director.address, '--home', cluster.path('client')]
    ])
    const { url } = await gateway.event('listening')
    const fetched = await (await fetch(`${url}/a.bin`)).arrayBuffer()
    expect(Buffer.from(fetched).equals(bytes)).toBe(true)
    const told: [Program, MetricInfos][] = [
      [director, DIRECTOR_METRICS],
      [source, SOURCE_START_METRICS],
      [relay, RELAY_START_METRICS],
      [gateway, GATEWAY_METRICS]
    ]
    const texts = await Promise.all(
      told.map(async ([program, infos]) => {
        const text = await scrape(program)
        await checkMetrics(text)
        const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
        const declared = Object.keys({ ...infos, ...PROCESS_METRICS })
        expect(names.sort()).toEqual(declared.filter(name => !ABSENT.includes(name)).sort())
        return text
      })
    )
    const [ofDirector, ofSource, ofRelay, ofGateway] = texts as [string, string, string, string]
    expect(sampleOf(ofDirector, 'anabranch_director_nodes{role="relay",state="connected"}')).toBe(1)
    expect(sampleOf(ofDirector, 'anabranch_director_queries_total{outcome="ok"}')).toBeGreaterThan(0)
    expect(sampleOf(ofDirector, 'anabranch_director_query_seconds_count')).toBeGreaterThan(0)
    expect(sampleOf(ofSource, 'anabranch_source_contents')).toBe(1)
    expect(sampleOf(ofSource, 'anabranch_source_sent_bytes_total')).toBeGreaterThanOrEqual(BYTES)
    expect(sampleOf(ofSource, 'anabranch_directors_registered')).toBe(1)
    expect(sampleOf(ofRelay, 'anabranch_relay_routes_admitted_total')).toBeGreaterThan(0)
    expect(sampleOf(ofRelay, 'anabranch_relay_set_up_seconds_count')).toBeGreaterThan(0)
    expect(sampleOf(ofRelay, 'anabranch_relay_queue_seconds_count')).toBeGreaterThan(0)
    expect(
      sampleOf(ofRelay, 'anabranch_relay_forwarded_bytes_total{direction="down"}')
    ).toBeGreaterThanOrEqual(BYTES)
    expect(sampleOf(ofRelay, 'anabranch_relay_forwarded_bytes_total{direction="up"}')).toBeGreaterThan(0)
    expect(sampleOf(ofGateway, 'anabranch_gateway_requests_total{code="200"}')).toBe(1)
    expect(sampleOf(ofGateway, 'anabranch_gateway_sent_bytes_total')).toBeGreaterThanOrEqual(BYTES)
  })

  it('say why a node is not ready, and that it is once a director has it', async () => {
    const { relay, director, cluster } = await startAll()
    const lonely = await cluster.startMember('relay', 'lonely', METRICS)
    for (const program of [director, relay]) expect(await ready(program)).toEqual([200, 'ok\n'])
    await lonely.event('registered')
    expect(await ready(lonely)).toEqual([200, 'ok\n'])
    director.kill('SIGKILL')
    await lonely.event('problem')
    expect(await ready(lonely)).toEqual([503, 'registered with no director\n'])
    expect(sampleOf(await scrape(lonely), 'anabranch_directors_registered')).toBe(0)
  })

  it('say that a relay which drains is not ready while its route goes on', async () => {
    const { cluster, relay } = await startAll()
    const slow = cluster.run([
      ...['client', 'fetch', 'a.bin', '--json', '-o', cluster.path('slow.bin'), '--max-rate', '100kbit'],
      ...['--director', cluster.director!.address]
    ])
    await relay.event('routeAdmitted')
    relay.kill('SIGTERM')
    await relay.event('stopping')
    expect(await ready(relay)).toEqual([503, 'stopping\n'])
    slow.kill('SIGKILL')
  })
})

it('no log holds a token or a key, whatever is refused', async () => {
  const cluster = await Cluster.create()
  const token = `secret-${randomBytes(12).toString('hex')}`
  const wrong = `wrong-${randomBytes(12).toString('hex')}`
  const environment = { ANABRANCH_TOKEN: token }
  cluster.director = await cluster.startDirector(undefined, ['-v', '-v'], { environment })
  await writeFile(join(cluster.contents, 'a.bin'), randomBytes(1000))
  const flags = ['--dir', cluster.contents, '-v', '-v']
  const source = await cluster.startMember('source', 'source', flags, { environment })
  const relay = await cluster.startMember('relay', 'relay', ['-v', '-v'], { environment })
  for (const member of [source, relay]) await member.event('registered')
  const refused = await cluster.startMember('relay', 'refused', ['-v', '-v'], {
    environment: { ANABRANCH_TOKEN: wrong }
  })
  await refused.event('problem')
  await cluster.director.event('refused')
  const logs = [cluster.director, source, relay, refused].map(({ events }) => JSON.stringify(events)).join()
  for (const secret of [token, wrong, 'PRIVATE KEY']) expect(logs).not.toContain(secret)
})

async function startAll(): Promise<{
  cluster: Cluster
  director: Daemon
  source: Daemon
  relay: Daemon
  bytes: Buffer
}> {
  const cluster = await Cluster.create()
  const bytes = randomBytes(BYTES)
  await writeFile(join(cluster.contents, 'a.bin'), bytes)
  const director = await cluster.startDirector(undefined, METRICS)
  cluster.director = director
  const [source, relay] = await Promise.all([
    cluster.startMember('source', 'source', ['--dir', cluster.contents, ...METRICS]),
    cluster.startMember('relay', 'relay', METRICS)
  ])
  for (const member of [source, relay]) await member.event('registered')
  return { cluster, director, source, relay, bytes }
}

async function urlOf(program: Program): Promise<string> {
  return (await program.event('metrics')).url
}

async function scrape(program: Program): Promise<string> {
  return await (await fetch(`${await urlOf(program)}/metrics`)).text()
}

async function ready(program: Program): Promise<[number, string]> {
  const response = await fetch(`${await urlOf(program)}/readyz`)
  return [response.status, await response.text()]
}

function sampleOf(text: string, series: string): number {
  const line = text.split('\n').find(each => each.startsWith(`${series} `))
  return Number(line?.slice(series.length + 1))
}

/** Has promtool judge names, units and form; it prints what it finds, and then ends with a code that is not 0. */
async function checkMetrics(text: string): Promise<void> {
  const child = execFile('promtool', ['check', 'metrics'])
  let found = ''
  child.stderr!.on('data', part => (found += part))
  child.stdout!.on('data', part => (found += part))
  child.stdin!.end(text)
  const [code] = await once(child, 'close')
  expect({ code, found }).toEqual({ code: 0, found: '' })
}
