/** A route's identity between director and client: the peer ids of its relays, from the client's side. */
export function routeId(relays: readonly string[]): string {
  return relays.join('>')
}
