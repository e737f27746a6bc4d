import { addressesFor } from './addresses.ts'
import type { Topology, Traffic } from './model.ts'
import type { Report } from './network-checks.ts'
import { wayOverRouters } from './paths.ts'
import type { TopologyFile } from './topology-schema.ts'

/** The traffic of others that a file has. */
export function trafficOf({ traffic = [] }: TopologyFile): Traffic[] {
  return traffic.map(({ kind, from, to, rate, at = 0, until }) => ({
    kind,
    from,
    to,
    ...(rate === undefined ? {} : { rateBytesPerSecond: rate }),
    atMs: at,
    ...(until === undefined ? {} : { untilMs: until })
  }))
}

/** Reports what is wrong with the traffic of others, and with what is expected of it. */
export function checkTraffic(
  file: TopologyFile,
  network: Pick<Topology, 'nodes' | 'links'>,
  report: Report
): void {
  const names = network.nodes.map(({ name }) => name)
  const traffic = file.traffic ?? []
  for (const [index, { kind, from, to, rate, at = 0, until }] of traffic.entries()) {
    const fault = (key: string, message: string) => report(['traffic', index, key], message)
    if (kind === 'tcp' && rate !== undefined) fault('rate', 'tcp takes what it gets: leave the rate out')
    if (kind !== 'tcp' && rate === undefined) fault('rate', `${kind} needs a rate`)
    if (until !== undefined && until <= at) fault('until', 'must be after its start')
    const strange = (['from', 'to'] as const).filter(key => !names.includes({ from, to }[key]))
    for (const key of strange) fault(key, `'${{ from, to }[key]}' is no node of this file`)
    if (strange.length > 0) continue
    if (from === to) fault('to', 'must be another node')
    else if (wayOverRouters(network, from, to) === undefined)
      fault('to', `links and routers alone do not join ${from} and ${to}`)
    else if (addressesFor(network, to, from).length === 0)
      fault('to', `${to} takes no connections of ${from}`)
  }
  if (file.expect?.trafficShare !== undefined && traffic.every(({ kind }) => kind !== 'tcp'))
    report(['expect', 'trafficShare'], 'needs traffic of the kind tcp')
}
