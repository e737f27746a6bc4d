import type { Command } from 'commander'
import type { ContentFacts, DirectorFacts } from '../check/facts.ts'
import { requestOf, type TicketRequest } from '../client/ticket-request.ts'
import type { RouteQuestion } from '../discovery/director-client.ts'
import { UsageError } from '../errors.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import { clientNodeOptions, QUESTION_SETTINGS, wantedContent } from './client-settings.ts'
import { type CliRun, type CommandContext, defineCommand } from './command.ts'
import { GENERAL_SETTINGS } from './common-settings.ts'
import { concludeCheck } from './conclude-check.ts'
import { onlyTicket } from './given-ticket.ts'
import type { Reporter } from './reporter.ts'
import type { Values } from './settings.ts'
import { readToken } from './token.ts'

const SETTINGS = { ...QUESTION_SETTINGS, ...GENERAL_SETTINGS }

type CheckValues = Values<typeof SETTINGS>

/** What the client's side of a check brings; `error` is why the content could not be asked for. */
interface Probed {
  directors: DirectorFacts[]
  content?: ContentFacts
  error?: unknown
}

/** `client check [NAME]`: tells what is wrong between this host, the directors and the routes to a content. */
export function clientCheck(run: CliRun): Command {
  return defineCommand(
    {
      name: 'check',
      summary: 'see which directors answer and, with NAME, what each route carries and what limits it',
      role: 'client',
      argument: {
        name: 'NAME',
        help: 'name of a content, or its ticket, which is fetched for 8 s and not kept',
        isOptional: true
      },
      settings: SETTINGS,
      run: runCheck
    },
    run
  )
}

async function runCheck(
  values: CheckValues,
  { reporter, environment }: CommandContext,
  name: string
): Promise<number> {
  const ticket = await onlyTicket([name])
  if (values.director.length === 0 && !ticket) throw new UsageError('Say whom to ask with --director ADDRESS')
  const { createNode } = await import('../transport/node.ts')
  const { directorFindings } = await import('../check/director-findings.ts')
  const { contentFindings, underWayBytesOf } = await import('../check/route-findings.ts')
  const { hostFindings } = await import('../check/host-findings.ts')
  const { readHost } = await import('../check/host.ts')
  const token = await readToken(values, environment)
  const question = ticket
    ? { ...(await questionOf(values, '')), content: { rootHash: ticket.rootHash } }
    : await questionOf(values, name)
  const node = await createNode(await clientNodeOptions(values, environment))
  const host = await readHost()
  const { error, ...facts } = await probe(
    node,
    values,
    { ...question, ...token },
    reporter,
    ticket && requestOf(ticket)
  )
  await node.stop()
  const { directors, content } = facts
  const underWay = content ? { underWayBytes: underWayBytesOf(content) } : {}
  const failure = error instanceof Error ? { failure: error.message } : {}
  const code = concludeCheck(reporter, { role: 'client', host, ...facts, ...failure }, [
    ...directorFindings(directors),
    ...(content ? contentFindings(content) : []),
    ...hostFindings(host, { role: 'client', ...underWay })
  ])
  if (error !== undefined) throw error
  return code
}

async function probe(
  node: OverlayNode,
  values: CheckValues,
  question: RouteQuestion | Omit<RouteQuestion, 'content'>,
  reporter: Reporter,
  given: TicketRequest | undefined
): Promise<Probed> {
  const { probeDirectors } = await import('../check/director-probe.ts')
  const { probeContent } = await import('../check/content-probe.ts')
  const { isServing } = await import('../check/director-findings.ts')
  const { toQuery } = await import('../discovery/director-client.ts')
  const { parsePeer } = await import('../transport/peer-address.ts')
  const neighbors = values.neighbor.map(parsePeer)
  const startedAtMs = performance.now()
  // Without a content the directors are asked for one that nobody has.
  const nothing = { rootHash: crypto.getRandomValues(new Uint8Array(32)) }
  const { token: _, ...untold } = question
  const directors = [
    ...(await probeDirectors(node, values.director, toQuery({ content: nothing, ...question }, false))),
    // No director of a ticket is told the token.
    ...(await probeDirectors(
      node,
      given?.otherDirectors ?? [],
      toQuery({ content: nothing, ...untold }, false)
    ))
  ]
  if (!('content' in question) || !(given?.paths || directors.some(isServing))) return { directors }
  reporter.note('measuring the routes')
  try {
    const content = await probeContent({
      node,
      directors: values.director,
      question,
      neighbors,
      ...(given ? { given } : {}),
      startedAtMs
    })
    return { directors, content }
  } catch (error) {
    return { directors, error }
  }
}

/** What is asked; without NAME and --root there is no content in it. */
async function questionOf(
  values: CheckValues,
  name: string
): Promise<RouteQuestion | Omit<RouteQuestion, 'content'>> {
  const { parseContentName } = await import('../protocol/content-name.ts')
  const { routes, sameNetwork, direct } = values
  const { from, rootHash } = await wantedContent(values)
  const question = { routes, sameNetwork, direct, ...(from ? { source: from } : {}) }
  if (rootHash) return { ...question, content: { rootHash } }
  return name === '' ? question : { ...question, content: { name: parseContentName(name.normalize('NFC')) } }
}
