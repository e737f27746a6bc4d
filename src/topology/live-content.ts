import type { LiveContent } from './model.ts'
import type { Report } from './network-checks.ts'
import { reportKeys, type SectionKeys } from './section-keys.ts'
import type { TopologyFile } from './topology-schema.ts'

/** The lab makes live contents of whole records of this many bytes: each fits a packet. */
export const RECORD_BYTES = 1024

/** The live content of a file; empty where no node publishes one. */
export function liveOf({ topology, client }: TopologyFile): { live?: LiveContent } {
  const rate = Object.values(topology.nodes).find(({ role }) => role === 'publish')?.rate
  if (rate === undefined) return {}
  const latency = client?.latency === undefined ? {} : { latencyMs: client.latency }
  return { live: { rateBytesPerSecond: rate, ...latency, start: client?.start ?? 'live' } }
}

/** Reports where a live content is not told of in full, and what only goes with one. */
export function checkLive(file: TopologyFile, report: Report): void {
  const nodes = Object.entries(file.topology.nodes)
  for (const [name, { role, rate }] of nodes) {
    const path = ['topology', 'nodes', name]
    if (role === 'publish' && rate === undefined) report(path, 'a node that publishes needs a rate')
    if (role !== 'publish' && rate !== undefined) report([...path, 'rate'], 'is for the role publish only')
  }
  const isLive = nodes.some(([, { role }]) => role === 'publish')
  const sources = nodes.filter(([, { role }]) => role === 'publish' || role === 'source').length
  if (isLive && sources > 1)
    report(
      ['topology', 'nodes'],
      'a node that publishes must be the only source: nobody else has its content'
    )
  const { segmentSize } = file.content
  if (isLive && segmentSize !== undefined && segmentSize % RECORD_BYTES !== 0)
    report(['content', 'segmentSize'], `must be a multiple of ${RECORD_BYTES}B where a node publishes`)
  if (isLive) reportKeys(file, ONLY_FINISHED, 'has no meaning where a node publishes', report)
  else reportKeys(file, ONLY_LIVE, 'needs a node that publishes', report)
}

const ONLY_FINISHED: SectionKeys = { client: ['play'], expect: ['efficiency', 'completion'] }
const ONLY_LIVE: SectionKeys = { client: ['latency', 'start'], expect: ['skipped', 'delay'] }
