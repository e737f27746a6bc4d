import { placeOf } from '../transport/dial-budget.ts'
import { ipOf, scopeOf } from '../transport/ip-ranges.ts'
import type { DirectorFacts, Finding } from './facts.ts'

type Unreached = { address: string; reason: string }

/** Whether others can reach a node with these `own` addresses, by what one director has found. Pure. */
export function addressFindings(
  { director, addresses, verdict }: DirectorFacts,
  own: readonly string[]
): Finding[] {
  if (!verdict) {
    const isServed = addresses.some(({ rttMs, refusal }) => rttMs !== undefined && refusal === undefined)
    return isServed ? [noVerdict(director)] : []
  }
  const { reached, unreached } = verdict
  const observed = addresses.find(each => each.observed !== undefined)?.observed
  if (reached.length > 0) {
    // An address that only its own network can reach is as it should be beside one that others reach.
    const wrong = unreached.filter(({ address }) => !isLocal(address))
    return wrong.map(each => ({ ...unreachedOf(each, observed), severity: 'warning' }))
  }
  if (unreached.length === 0) {
    return [
      {
        kind: 'noAddress',
        severity: 'problem',
        what: `this node has no address to tell the director ${director}`,
        remedy: 'bring the network up, or give the address at which others reach it with --announce'
      }
    ]
  }
  const open = unreached.filter(({ address }) => !isLocal(address))
  if (own.every(isLocal) && observed !== undefined && isPublic(observed)) return [behindNat(own, observed)]
  return (open.length > 0 ? open : unreached).map(each => unreachedOf(each, observed))
}

function noVerdict(director: string): Finding {
  return {
    kind: 'noVerdict',
    severity: 'warning',
    what: `the director ${director} has not tried all addresses of this node in time`,
    remedy: 'try again in a minute: a director dials one host a few times a minute only'
  }
}

function behindNat(own: readonly string[], observed: string): Finding {
  const port = portOf(own[0]!)
  const ip = ipOf(observed)!
  const family = ip.includes(':') ? 'ip6' : 'ip4'
  const list = own.map(placeOf).join(', ')
  return {
    kind: 'behindNat',
    severity: 'problem',
    what: `this node stands behind an address translation: it has ${list}, and the director sees it come from ${ip}`,
    remedy:
      `forward TCP port ${port} on the router to this host; from another port there, give --announce ` +
      `/${family}/${ip}/tcp/PORT. Until then others come here over relays to which this node attaches itself`
  }
}

function unreachedOf({ address, reason }: Unreached, observed: string | undefined): Finding {
  const isHere = observed !== undefined && ipOf(address) === ipOf(observed)
  const port = portOf(address)
  if (isHere && reason === 'no answer') {
    return {
      kind: 'firewall',
      severity: 'problem',
      what: `nothing answers at ${address}, which is where the director sees this host: a firewall drops what comes`,
      remedy: `let TCP to port ${port} in, in this host's firewall, its router's and its provider's`
    }
  }
  if (isHere) {
    return {
      kind: 'closedPort',
      severity: 'problem',
      what: `the director does not find this node at ${address}, where it sees this host: ${reason}`,
      remedy: `check that --announce has the port that leads to --listen, and that the router forwards port ${port}`
    }
  }
  return {
    kind: 'unreached',
    severity: 'problem',
    what: `the director does not find this node at ${address}: ${reason}${seenAt(observed)}`,
    remedy: 'check --announce and --listen, the port forwarding and the firewall'
  }
}

function seenAt(observed: string | undefined): string {
  const ip = observed === undefined ? undefined : ipOf(observed)
  return ip === undefined ? '' : `; it sees this host come from ${ip}`
}

/** Whether an address is for its own network only. */
function isLocal(address: string): boolean {
  const ip = ipOf(address)
  return ip !== undefined && ['private', 'special'].includes(scopeOf(ip))
}

function isPublic(address: string): boolean {
  const ip = ipOf(address)
  return ip !== undefined && scopeOf(ip) === 'public'
}

function portOf(address: string): string {
  return /\/tcp\/(\d+)/.exec(address)?.[1] ?? '?'
}
