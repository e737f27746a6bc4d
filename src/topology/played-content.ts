import type { Player } from './model.ts'
import type { Report } from './network-checks.ts'
import { reportKeys, type SectionKeys } from './section-keys.ts'
import type { TopologyFile } from './topology-schema.ts'

/** What `client gateway` has no flag for, what the player's pace decides, and what the gateway does not tell. */
const ONLY_FETCHED: SectionKeys = {
  client: ['policy', 'cutover', 'fair', 'range', 'serve'],
  expect: ['efficiency', 'completion', 'routes']
}
const ONLY_PLAYED: SectionKeys = { client: [], expect: ['startUp', 'rebuffers'] }

/** The player of a file; empty where the client fetches. */
export function playOf({ client }: TopologyFile): { play?: Player } {
  if (client?.play === undefined) return {}
  const { rate, buffer } = client.play
  return { play: { rateBytesPerSecond: rate, bufferMs: buffer } }
}

/** Reports what only goes with a player, and what does not go with one. */
export function checkPlay(file: TopologyFile, report: Report): void {
  if (file.client?.play) checkPlayer(file, report)
  else reportKeys(file, ONLY_PLAYED, 'needs a client that plays', report)
}

function checkPlayer(file: TopologyFile, report: Report): void {
  reportKeys(file, ONLY_FETCHED, 'has no meaning where the client plays', report)
  const clients = Object.values(file.topology.nodes).filter(({ role }) => role === 'client')
  if (clients.length > 1) report(['client', 'play'], 'is for one client only')
  if (clients.some(({ serve }) => serve))
    report(['client', 'play'], 'goes not with serve: a gateway serves nobody else')
}
