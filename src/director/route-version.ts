import { ROUTE_PROTOCOL } from '../protocol/route-codec.ts'

/** A node or client as far as it says which version of the route protocol it speaks. */
export interface RouteSpeaker {
  /** The id of the route protocol; absent: not told, or none that this version knows. */
  routeProtocol?: string
}

/** Whether a node or client can be on one route with those that a director of this version leads to. */
export function speaksRoutes({ routeProtocol }: RouteSpeaker): boolean {
  return routeProtocol === ROUTE_PROTOCOL
}

/** Says to a node or client, and to the director's operator, what is wrong. Which side is older cannot be known. */
export function versionMessage({ routeProtocol }: RouteSpeaker, consequence: string): string {
  const spoken = routeProtocol ?? 'an unknown version of the route protocol'
  return `it speaks ${spoken}, and the director ${ROUTE_PROTOCOL}, so that ${consequence}; use the same version on both sides`
}
