import type { SharedCut } from '../paths/disjoint-paths.ts'

export type ShortfallReason =
  | 'no-relay'
  | 'source-unlinked'
  | 'client-unlinked'
  | 'not-joined'
  | 'shared'
  | 'same-network'

/** Why there are fewer routes than asked for. */
export interface Shortfall {
  reason: ShortfallReason
  /** Relays of which every route must pass one. */
  relays: string[]
  /** Links between relays that the routes cannot avoid. */
  links: [string, string][]
  /** The explanation for people. */
  message: string
}

export interface ShortfallFacts {
  found: number
  /** The number of routes where they may go over relays of one network or operator. */
  foundTogether: number
  wanted: number
  /** Whether only routes without relays were asked for. */
  isDirectOnly: boolean
  /** Whether there is any relay, any link from a source, any to the client: only asked where no route was found. */
  hasRelays(): boolean
  hasSourceLinks(): boolean
  hasClientLinks(): boolean
  /** Whether the search has ended before all of a large network was looked at. */
  hasGivenUp: boolean
  shared: SharedCut
}

export function explainShortfall(facts: ShortfallFacts): Shortfall {
  const { found, wanted, isDirectOnly, shared } = facts
  const reason = reasonOf(facts)
  const texts: Record<ShortfallReason, string> = {
    'no-relay': 'no relay that takes new sessions is registered',
    'source-unlinked': isDirectOnly
      ? 'no source has an address that the client can dial'
      : 'the source and the relays have not measured each other: check that they can reach each other',
    'client-unlinked': 'none of the relays that the client can reach is registered and open to clients',
    'not-joined': 'no chain of measured links joins the source and the relays that the client can reach',
    shared: facts.hasGivenUp
      ? 'no further route was found near these; farther away was not looked'
      : `every further route would share ${nameShared(shared)}`,
    'same-network':
      'every further route would go over the same network or operator as one of these; ask for those of one network, too, to have them'
  }
  const common = reason === 'same-network' ? { relays: [], links: [] } : shared
  return { reason, ...common, message: `${found} of ${wanted} routes: ${texts[reason]}` }
}

function reasonOf(facts: ShortfallFacts): ShortfallReason {
  if (facts.foundTogether > facts.found) return 'same-network'
  if (facts.found > 0) return 'shared'
  if (facts.isDirectOnly) return 'source-unlinked'
  if (!facts.hasRelays()) return 'no-relay'
  if (!facts.hasSourceLinks()) return 'source-unlinked'
  return facts.hasClientLinks() ? 'not-joined' : 'client-unlinked'
}

function nameShared({ relays, links }: SharedCut): string {
  const names = relays.map(relay => `relay ${relay}`)
  const shared = [...names, ...links.map(([from, to]) => `the link ${from} - ${to}`)]
  return shared.length > 0 ? shared.join(' or ') : 'the way straight to a source'
}
