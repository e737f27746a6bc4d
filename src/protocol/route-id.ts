import type { PathIds } from './director-messages.ts'

/**
 * A route's identity between director and client: the peer ids of its relays, from the client's side, and then that of
 * its source.
 */
export function routeId({ relays, source }: PathIds): string {
  return [...relays, source].join('>')
}

/** The peer ids along a route whose relays are described. */
export function pathIdsOf(route: { relays: readonly { peerId: string }[]; source: string }): PathIds {
  return { relays: route.relays.map(({ peerId }) => peerId), source: route.source }
}
