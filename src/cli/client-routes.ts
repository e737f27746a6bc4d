import type { Command } from 'commander'
import { idOf, type RoutePath } from '../client/route-table.ts'
import { requestOf } from '../client/ticket-request.ts'
import type { OfferedRoute, RouteAnswer, RouteQuestion } from '../discovery/director-client.ts'
import { ExitCode, UsageError } from '../errors.ts'
import { toHex } from '../protocol/bytes.ts'
import type { ContentRecord } from '../protocol/content-record.ts'
import type { Ticket } from '../protocol/ticket.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { onlyTicket } from './given-ticket.ts'
import { withMeantName } from './meant-name.ts'
import type { Reporter } from './reporter.ts'
import { explainRoutes, shortfallText } from './routes-explained.ts'
import { toggle, type Values } from './settings.ts'
import { readToken } from './token.ts'

const SETTINGS = {
  ...QUESTION_SETTINGS,
  explain: toggle('draw the routes, and say what stands in the way of more'),
  ...GENERAL_SETTINGS
}

type RoutesValues = Values<typeof SETTINGS>

/** `client routes NAME`: asks a director and prints its answer; nothing is fetched. */
export function clientRoutes(run: CliRun): Command {
  return defineCommand(
    {
      name: 'routes',
      summary: 'ask a director for the routes to a content and print them; nothing is fetched',
      role: 'client',
      argument: { name: 'NAME', help: 'name of the content, or its ticket' },
      settings: SETTINGS,
      run: async (values, { reporter, environment }, name) => {
        const ticket = await onlyTicket([name])
        if (values.director.length === 0 && !ticket)
          throw new UsageError('Say whom to ask with --director ADDRESS')
        const { createNode } = await import('../transport/node.ts')
        const asked = await askedOf(values, ticket, environment)
        const question = await questionOf(values, ticket ?? name)
        const node = await createNode(await clientNodeOptions(values, environment))
        try {
          if (!ticket) {
            const answer = await ask(node, asked, question).catch(async error => {
              throw await withMeantName(error, name, { ...asked, from: question.source }, node)
            })
            if (values.explain && !reporter.json) return explain(reporter, answer, values.routes)
            return print(reporter, answer)
          }
          const answer = await ask(node, asked, question).catch(error => {
            if (asked.directors.length > 0) reporter.note((error as Error).message)
            return undefined
          })
          if (values.explain && answer && !reporter.json) return explain(reporter, answer, values.routes)
          return printTicket(reporter, ticket, answer)
        } finally {
          await node.stop()
        }
      }
    },
    run
  )
}

/** The directors to ask, and their token: those of a ticket get none. */
async function askedOf(
  { director, tokenFile }: RoutesValues,
  ticket: Ticket | undefined,
  environment: NodeJS.ProcessEnv
): Promise<{ directors: string[]; token?: string }> {
  if (director.length === 0 && ticket) return { directors: ticket.directors }
  return { directors: director, ...(await readToken({ tokenFile }, environment)) }
}

async function questionOf(values: RoutesValues, wanted: Ticket | string): Promise<RouteQuestion> {
  const { parseContentName } = await import('../protocol/content-name.ts')
  const { peerIdOf } = await import('../transport/peer-address.ts')
  const { routes, sameNetwork, direct } = values
  const neighbors = values.neighbor.map(text => ({ peerId: peerIdOf(text) }))
  const { from, rootHash } = await wantedContent(values)
  const root = typeof wanted === 'string' ? rootHash : wanted.rootHash
  const content = root ? { rootHash: root } : { name: parseContentName((wanted as string).normalize('NFC')) }
  return {
    content,
    routes,
    sameNetwork,
    direct,
    ...(from ? { source: from } : {}),
    ...(neighbors.length > 0 ? { neighbors } : {})
  }
}

async function ask(
  node: OverlayNode,
  { directors, token }: { directors: string[]; token?: string },
  question: RouteQuestion
): Promise<RouteAnswer> {
  const { queryRoutes } = await import('../discovery/director-client.ts')
  return await queryRoutes(node, directors, { ...question, ...(token === undefined ? {} : { token }) })
}

/** What a ticket says, with the directors' answer where there is one. */
function printTicket(reporter: Reporter, ticket: Ticket, answer: RouteAnswer | undefined): number {
  const { paths = [] } = requestOf(ticket)
  const holders = [...(answer?.sources ?? []), ...ticket.holders].map(({ peerId }) => peerId)
  const sources = [...new Set(holders)]
  printContent(reporter, answer?.record ?? ticket, sources)
  const named = new Set(answer?.routes.map(idOf))
  const routes = [...(answer?.routes ?? []), ...paths.filter(path => !named.has(idOf(path)))]
  for (const [index, route] of routes.entries()) printRoute(reporter, index, route, sources)
  return routes.length > 0 ? ExitCode.ok : ExitCode.network
}

/** The same for people who want to know why. */
function explain(reporter: Reporter, answer: RouteAnswer, wanted: number): number {
  const sourceIds = answer.sources.map(({ peerId }) => peerId)
  printContent(reporter, answer.record, sourceIds)
  // For people alone: as JSON the routes come one by one.
  reporter.data({ event: 'route' }, explainRoutes(answer, wanted))
  return answer.routes.length > 0 ? ExitCode.ok : ExitCode.network
}

function print(reporter: Reporter, { record, sources, routes, shortfall }: RouteAnswer): number {
  const sourceIds = sources.map(({ peerId }) => peerId)
  printContent(reporter, record, sourceIds)
  for (const [index, route] of routes.entries()) printRoute(reporter, index, route, sourceIds)
  if (shortfall) {
    const { reason, relays, links, message } = shortfall
    reporter.data({ event: 'shortfall', reason, relays, links, message }, shortfallText(shortfall))
  }
  return routes.length > 0 ? ExitCode.ok : ExitCode.network
}

function printContent(
  reporter: Reporter,
  { name, sizeBytes, segmentBytes, rootHash }: Omit<ContentRecord, 'sourcePeerId'>,
  sources: readonly string[]
): void {
  const content = {
    name,
    bytes: sizeBytes,
    segmentBytes,
    rootHash: toHex(rootHash),
    source: sources[0],
    sources
  }
  reporter.data(
    { event: 'content', ...content },
    `${JSON.stringify(name)}: ${formatBytes(sizeBytes)} at ${sources.join(' and ')}`
  )
}

/** A route that a director has named, or a path of which a ticket tells no more than its relays. */
function printRoute(
  reporter: Reporter,
  index: number,
  route: OfferedRoute | RoutePath,
  sources: readonly string[]
): void {
  const { relays, source, costMs } = route
  const capacityBytesPerSecond = 'capacityBytesPerSecond' in route ? route.capacityBytesPerSecond : undefined
  const id = String.fromCharCode(65 + index)
  const cost = costMs === undefined ? '' : `  cost ${costMs.toFixed(1)} ms`
  const rate = capacityBytesPerSecond === undefined ? '' : `, at most ${formatRate(capacityBytesPerSecond)}`
  const labels = [...new Set(relays.flatMap(relay => relay.labels ?? []))]
  const peerIds = relays.map(relay => relay.peerId)
  const vouchedBy = relays.map(relay => ('vouchedBy' in relay ? (relay.vouchedBy ?? '') : ''))
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
      ...(costMs === undefined ? {} : { costMs }),
      labels,
      ...(vouchers.length === 0 ? {} : { vouchedBy }),
      ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond })
    },
    `${id}  ${via}${cost}${rate}${vouched}`
  )
}
