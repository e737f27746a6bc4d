import type { AnswerReply, DirectorReply, NeighborsReply } from '../protocol/director-messages.ts'

/**
 * Returns a director's reply without the addresses that this node may not dial at a director's word,
 * and without the routes to whose first relay none is left.
 */
export function withNearAddresses(
  reply: DirectorReply,
  mayDial: (address: string) => boolean
): DirectorReply {
  const near = <T extends { addresses: string[] }>(peers: readonly T[]): T[] =>
    peers.map(peer => ({ ...peer, addresses: peer.addresses.filter(mayDial) }))
  if (reply.kind === 'neighbors') return nearNeighbors(reply, near)
  return reply.kind === 'answer' ? nearAnswer(reply, near) : reply
}

type KeepNear = <T extends { addresses: string[] }>(peers: readonly T[]) => T[]

function nearNeighbors({ peers, linked, ...reply }: NeighborsReply, near: KeepNear): NeighborsReply {
  return { ...reply, peers: near(peers), linked: near(linked) }
}

function nearAnswer({ holders, routes, ...reply }: AnswerReply, near: KeepNear): AnswerReply {
  const canBegin = ({ relays }: AnswerReply['routes'][number]) => {
    const [first] = relays
    return !first || first.addresses.length === 0 || near([first])[0]!.addresses.length > 0
  }
  const nearRoutes = routes.filter(canBegin).map(route => ({ ...route, relays: near(route.relays) }))
  return { ...reply, holders: near(holders), routes: nearRoutes }
}
