import { WireStatus } from '../errors.ts'
import type { AnswerReply, QueryRequest } from '../protocol/director-messages.ts'
import { type Asker, countAlike, isWithinShare } from '../transport/share.ts'
import { speaksRoutes, versionMessage } from './route-version.ts'

/**
 * The answer to a query that is not taken: its asker could talk to none of the nodes, or there is no
 * room for it beside the queries of `others`. Undefined for any other query.
 */
export function queryRefusal(
  query: QueryRequest,
  asker: Asker,
  others: readonly Asker[],
  maxWatches: number
): AnswerReply | undefined {
  if (!speaksRoutes(query)) {
    return refusal(WireStatus.otherVersion, versionMessage(query, 'this client can use none of its routes'))
  }
  const reason = crowdAround(asker, others, maxWatches)
  return reason === undefined ? undefined : refusal(WireStatus.refusedSessions, reason)
}

/** Why there is no room for a question beside those of `others`; undefined where there is. */
export function crowdAround(asker: Asker, others: readonly Asker[], maxWatches: number): string | undefined {
  const { sessions, sessionsOfHost } = countAlike(asker, others)
  if (sessions >= maxWatches) return crowded(`${maxWatches} watches open, its limit`)
  if (isWithinShare(sessionsOfHost, sessions, maxWatches)) return undefined
  return crowded(`${sessionsOfHost} watches of your host open, its share`)
}

function crowded(reason: string): string {
  return `the director has ${reason}; try again later`
}

function refusal(status: number, message: string): AnswerReply {
  return {
    kind: 'answer',
    status,
    message,
    settling: false,
    holders: [],
    routes: [],
    gained: [],
    lost: []
  }
}
