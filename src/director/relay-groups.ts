import type { RegisteredNode } from './registry.ts'

/** A label of this form names the operator of a node, who may have others. */
const OPERATOR_LABEL = /^operator=/

/** The relays of which routes may go over none that is in a group with another route, by the group. */
export type Kept = ReadonlyMap<string, readonly string[]>

/** Returns the groups of these paths, and of the relays in each those of its first path: it keeps the group. */
export function keptBy(
  paths: readonly (readonly string[])[],
  relayOf: (peerId: string) => RegisteredNode
): Kept {
  return new Map([...pathsOfGroups(paths, relayOf)].map(([group, [first]]) => [group, first!]))
}

/** Returns the same for those groups only in which paths meet. */
export function keptWherePathsMeet(
  paths: readonly (readonly string[])[],
  relayOf: (peerId: string) => RegisteredNode
): Kept {
  const met = [...pathsOfGroups(paths, relayOf)].filter(([, those]) => those.length > 1)
  return new Map(met.map(([group, [first]]) => [group, first!]))
}

/** Tells whether a relay is in one of the groups but not among those that are kept there. */
export function isCrowdedOut(relay: RegisteredNode, kept: Kept): boolean {
  if (kept.size === 0) return false
  return groupsOf(relay).some(group => kept.get(group)?.includes(relay.peerId) === false)
}

function pathsOfGroups(
  paths: readonly (readonly string[])[],
  relayOf: (peerId: string) => RegisteredNode
): Map<string, (readonly string[])[]> {
  const pathsOf = new Map<string, (readonly string[])[]>()
  for (const relays of paths) {
    for (const group of new Set(relays.flatMap(relay => groupsOf(relayOf(relay)))))
      pathsOf.set(group, [...(pathsOf.get(group) ?? []), relays])
  }
  return pathsOf
}

/** The network and the operators of a relay. */
function groupsOf({ network, labels }: RegisteredNode): string[] {
  return [...(network ? [network] : []), ...labels.filter(label => OPERATOR_LABEL.test(label))]
}
