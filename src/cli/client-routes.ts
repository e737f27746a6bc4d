import type { Command } from 'commander'
import type { RouteAnswer } from '../discovery/director-client.ts'
import { ExitCode, UsageError } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import type { Reporter } from './reporter.ts'
import { readToken } from './token.ts'

/** `client routes NAME`: asks a director and prints its answer; nothing is fetched. */
export function clientRoutes(run: CliRun): Command {
  return defineCommand(
    {
      name: 'routes',
      summary: 'ask a director for the routes to a content and print them; nothing is fetched',
      role: 'client',
      argument: { name: 'NAME', help: 'name of the content' },
      settings: { ...QUESTION_SETTINGS, ...GENERAL_SETTINGS },
      run: async (values, { reporter, environment }, name) => {
        const { director, routes, neighbor, sameNetwork, direct } = values
        if (director.length === 0) throw new UsageError('Say whom to ask with --director ADDRESS')
        const { parseContentName } = await import('../protocol/content-name.ts')
        const { queryRoutes } = await import('../discovery/director-client.ts')
        const { createNode } = await import('../transport/node.ts')
        const { peerIdOf } = await import('../transport/peer-address.ts')
        const neighbors = neighbor.map(text => ({ peerId: peerIdOf(text) }))
        const { from, rootHash } = await wantedContent(values)
        const token = await readToken(values, environment)
        const named = { name: parseContentName(name.normalize('NFC')) }
        const content = rootHash ? { rootHash } : named
        const node = await createNode(await clientNodeOptions(values, environment))
        try {
          const question = {
            content,
            routes,
            sameNetwork,
            direct,
            ...(from ? { source: from } : {}),
            ...(neighbors.length > 0 ? { neighbors } : {}),
            ...token
          }
          return print(reporter, await queryRoutes(node, director, question))
        } finally {
          await node.stop()
        }
      }
    },
    run
  )
}

function print(reporter: Reporter, answer: RouteAnswer): number {
  const { record, sources, routes, shortfall } = answer
  const { name, sizeBytes, segmentBytes } = record
  const rootHash = toHex(record.rootHash)
  const peerIdsOfSources = sources.map(({ peerId }) => peerId)
  reporter.data(
    {
      event: 'content',
      name,
      bytes: sizeBytes,
      segmentBytes,
      rootHash,
      source: record.sourcePeerId,
      sources: peerIdsOfSources
    },
    `${JSON.stringify(name)}: ${formatBytes(sizeBytes)} at ${peerIdsOfSources.join(' and ')}`
  )
  for (const [index, { relays, source, costMs, capacityBytesPerSecond }] of routes.entries()) {
    const id = String.fromCharCode(65 + index)
    const rate = capacityBytesPerSecond === undefined ? '' : `, at most ${formatRate(capacityBytesPerSecond)}`
    const labels = [...new Set(relays.flatMap(relay => relay.labels))]
    const peerIds = relays.map(relay => relay.peerId)
    const vouchedBy = relays.map(relay => relay.vouchedBy ?? '')
    const vouchers = [...new Set(vouchedBy.filter(name => name !== ''))]
    const vouched = vouchers.length === 0 ? '' : `, vouched for by ${vouchers.join(' and ')}`
    const to = sources.length > 1 ? ` -> ${source.peerId}` : ''
    const via = (peerIds.length === 0 ? 'direct' : peerIds.join(' -> ')) + to
    reporter.data(
      {
        event: 'route',
        id,
        relays: peerIds,
        source: source.peerId,
        addresses: relays.map(relay => relay.addresses),
        costMs,
        labels,
        ...(vouchers.length === 0 ? {} : { vouchedBy }),
        ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond })
      },
      `${id}  ${via}  cost ${costMs.toFixed(1)} ms${rate}${vouched}`
    )
  }
  if (shortfall) {
    const { reason, relays, links, message } = shortfall
    reporter.data({ event: 'shortfall', reason, relays, links, message }, `fewer than asked for: ${message}`)
  }
  return routes.length > 0 ? ExitCode.ok : ExitCode.network
}
