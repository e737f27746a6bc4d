import { type ByteRange, rangeOfSize } from '../units/byte-range.ts'
import type { Report } from './network-checks.ts'
import type { TopologyFile } from './topology-schema.ts'

/** The bytes that the clients of a file fetch; empty where they fetch all. */
export function rangeOf({ client, content }: TopologyFile): { range?: ByteRange } {
  const range = client?.range && rangeOfSize(client.range, content.size)
  return range ? { range } : {}
}

/** Reports what is wrong with the clients, with what they fetch, and with what is expected of them. */
export function checkClients(file: TopologyFile, report: Report): void {
  const nodes = Object.entries(file.topology.nodes)
  for (const [name, { role, serve }] of nodes)
    if (role !== 'client' && serve) report(['topology', 'nodes', name, 'serve'], 'is for clients only')
  const clients = nodes.filter(([, { role }]) => role === 'client')
  if (clients.length > 0 && clients.every(([, { startAt }]) => startAt !== undefined))
    report(['topology', 'nodes'], 'one client must have no startAt: all times count from its start')
  const isLive = nodes.some(([, { role }]) => role === 'publish')
  if (isLive && clients.length > 1)
    report(['topology', 'nodes'], 'a node that publishes must have exactly one client')
  checkWanted(file, isLive, report)
  for (const key of clients.length > 1 ? ONLY_ONE : ONLY_SEVERAL)
    if (file.expect?.[key] !== undefined)
      report(
        ['expect', key],
        clients.length > 1 ? 'has no meaning with several clients' : 'needs several clients'
      )
}

function checkWanted(file: TopologyFile, isLive: boolean, report: Report): void {
  const { client, topology } = file
  const isServed = client?.serve || Object.values(topology.nodes).some(({ serve }) => serve)
  if (isServed && isLive) report(['topology', 'nodes'], 'no client can serve what a node publishes')
  if (client?.range === undefined) return
  if (isLive) report(['client', 'range'], 'has no meaning where a node publishes')
  if (isServed) report(['client', 'range'], 'goes not with serve: only whole contents are served')
  if (!rangeOf(file).range) report(['client', 'range'], 'lies outside of the content')
}

const ONLY_ONE = ['routes'] as const
const ONLY_SEVERAL = ['fairness', 'slowdown'] as const
