import type { ClientFetch, TransferOutcome } from './measurement.ts'

/** How the clients of one content fared beside each other. */
export interface GroupFigures {
  /** Jain's index of their mean rates: 1 where all are the same, 1 / their number where one has everything. */
  fairness: number
  /** The greatest time of a client, divided by its ideal time with no other client. */
  slowdown: number
}

/** The fetches of all clients as one transfer. Its times count from the first start; each client keeps its own progress. */
export function together(clients: ClientFetch[]): TransferOutcome {
  const [only] = clients
  if (only && clients.length === 1) return only
  const failures = clients.flatMap(({ client, failure }) =>
    failure === undefined ? [] : [`${client}: ${failure}`]
  )
  return {
    completionMs: Math.max(...clients.map(({ startedAtMs, completionMs }) => startedAtMs + completionMs)),
    longestStallMs: Math.max(...clients.map(({ longestStallMs }) => longestStallMs)),
    identical: clients.every(({ identical }) => identical),
    progress: [],
    clients,
    ...(failures.length > 0 ? { failure: failures.join('; ') } : {})
  }
}

/** The figures of clients that fetch equally many bytes. One that failed counts as if it had needed forever. */
export function groupFigures(clients: ClientFetch[]): GroupFigures {
  const rates = clients.map(({ completionMs, failure }) => (failure === undefined ? 1 / completionMs : 0))
  return {
    fairness: jainIndex(rates),
    slowdown: Math.max(...clients.map(slowdownOf))
  }
}

/** The time of a client, divided by its ideal time with no other client; Infinity where it failed. */
export function slowdownOf({ completionMs, idealMs, failure }: ClientFetch): number {
  return failure === undefined ? completionMs / idealMs : Number.POSITIVE_INFINITY
}

/** Jain's index of fairness: square of the sum / (number x sum of the squares); 0 where nobody has anything. */
export function jainIndex(shares: number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 0 : (sum * sum) / (shares.length * squares)
}
