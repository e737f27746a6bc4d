const NAMED = /\/p2p\/([^/]+)$/

/** What a director is called: its peer id, or its address where that names none. */
export function directorName(address: string): string {
  return NAMED.exec(address)?.[1] ?? address
}

/** By how much a clock is ahead that said `timeMs`, when asked at `sentAtMs` and heard after `rttMs`. */
export function clockAheadMs(timeMs: number, sentAtMs: number, rttMs: number): number {
  return Math.round(timeMs - (sentAtMs + rttMs / 2))
}

/** Why something could not be reached, for people. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  if (/ECONNREFUSED/.test(text)) return 'connection refused'
  if (/EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/.test(text)) return 'no way there from this host'
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'the name stands for no address'
  if (/Timeout|abort|ETIMEDOUT/i.test(text)) return 'no answer in time'
  if (/UnsupportedProtocol/.test(text)) return 'it speaks another version of the protocol, or is no director'
  return error instanceof Error ? error.message.split('\n')[0]! : text
}
