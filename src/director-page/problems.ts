import type { DirectorView, NodeView, WatchView } from '../director/view.ts'
import { WireStatus } from '../errors.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { DIRECTOR_PAGE_LIMITS as LIMITS } from './limits.ts'

/** Something that whoever looks after a director or a node wants to mend, or to know. */
export interface Problem {
  /** A `notice` is no fault by itself, such as a relay that drains. */
  severity: 'problem' | 'notice'
  /** The node that it is about. */
  peerId?: string
  /** Since when it is so, in ISO 8601, where that is known. */
  since?: string
  what: string
  remedy?: string
}

/** A node that was lost and has not come back. */
export interface GoneNode {
  peerId: string
  role: 'source' | 'relay' | 'node'
  /** When it was lost, in ISO 8601. */
  at: string
  reason: string
}

type Found = Omit<Problem, 'peerId'>

/** Returns all problems and then all notices. `isoAgo` gives the time so many milliseconds ago. */
export function problemsOf(
  view: DirectorView,
  gone: readonly GoneNode[],
  isoAgo: (agoMs: number) => string
): Problem[] {
  const linked = new Set(view.links.flatMap(({ ends }) => ends))
  const hasSources = view.nodes.some(({ role }) => role === 'source')
  const isThere = new Set(view.nodes.map(({ peerId }) => peerId))
  const ofNodes = view.nodes.flatMap(node => {
    const isAlone = node.role === 'relay' && hasSources && !linked.has(node.peerId)
    return ofNode(node, isAlone, isoAgo).map(found => ({ ...found, peerId: node.peerId }))
  })
  const lost = gone.filter(({ peerId }) => !isThere.has(peerId)).map(ofGone)
  const all = [...lost, ...ofNodes, ...ofWatches(view.watches)]
  const only = (wanted: Problem['severity']) => all.filter(({ severity }) => severity === wanted)
  return [...only('problem'), ...only('notice')]
}

function ofNode(node: NodeView, isAlone: boolean, isoAgo: (agoMs: number) => string): Found[] {
  const { role, peerId, unreachable, attachedTo, otherVersion, state, draining, load, complaints = 0 } = node
  const who = `${role} ${shortPeer(peerId)}`
  const found: Found[] = []
  const problem = (what: string, more: Partial<Found> = {}) =>
    found.push({ severity: 'problem', what: `${who}: ${what}`, ...more })
  const notice = (what: string) => found.push({ severity: 'notice', what: `${who}: ${what}` })
  if (otherVersion)
    problem('it speaks another version of the route protocol, so that nobody is led to it', {
      remedy: 'use the same version of the program on both sides'
    })
  if (unreachable && !unreachable.isChecking) {
    const since = isoAgo(unreachable.forMs)
    if (attachedTo.length === 0)
      problem(`not reachable from outside${triedOf(unreachable.failed)}`, { since, ...remedyOf(node) })
    else notice(`not reachable from outside; others come to it over ${count(attachedTo.length, 'relay')}`)
  } else if (isAlone && !unreachable && !draining && state === 'connected') {
    notice('it has no measured link to any other node, so that no route leads over it')
  }
  if (state === 'grace') problem('its connection to the director broke; it has seconds to come back')
  if (complaints > 0) notice(`clients of ${count(complaints, 'host')} complain of what it has delivered`)
  if (load >= LIMITS.fullLoad) notice(`full: its load is ${Math.round(load * 100)} %`)
  if (draining) notice('draining: nothing new is led over it')
  return found
}

function ofGone({ peerId, role, at, reason }: GoneNode): Problem {
  const remedy = 'look whether it still runs, and whether it can reach this director'
  return {
    severity: 'problem',
    peerId,
    since: at,
    what: `${role} ${shortPeer(peerId)}: gone, ${reason}`,
    remedy
  }
}

/** Clients that do not have what they want, told once for all that want the same. */
function ofWatches(watches: readonly WatchView[]): Problem[] {
  const clients = new Map<string, number>()
  for (const { content, told } of watches) {
    const name = 'name' in content ? content.name : `with the root hash ${content.rootHash}`
    const isMissing = told !== undefined && told.status !== WireStatus.ok
    const what = isMissing ? 'no source has it' : told?.shortfall
    if (what !== undefined) clients.set(`${name}: ${what}`, (clients.get(`${name}: ${what}`) ?? 0) + 1)
  }
  return [...clients].map(([what, many]) => ({
    severity: 'notice' as const,
    what: `${count(many, 'client')} of the content ${shortened(what)}`
  }))
}

function triedOf(failed: readonly { address: string; reason: string }[]): string {
  const [first] = failed
  if (!first) return ''
  const more =
    failed.length > 1 ? `, and ${count(failed.length - 1, 'further address', 'further addresses')}` : ''
  return ` (${first.reason} at ${first.address}${more})`
}

function remedyOf({ unreachable, addresses }: NodeView): { remedy?: string } {
  const tried = unreachable!.failed.map(({ address }) => address)
  const ports = [...tried, ...addresses].flatMap(address => /\/tcp\/(\d+)/.exec(address)?.[1] ?? [])
  const [port] = ports
  if (port === undefined) return { remedy: 'give the address at which others reach it with --announce' }
  return {
    remedy: `open port ${port} (TCP) for others, or give the address that leads to it with --announce`
  }
}

/** Puts short forms in place of the peer ids in a text of the director. */
function shortened(text: string): string {
  return text.replace(/\b(12D3Koo\w{40,}|Qm\w{44})\b/g, shortPeer)
}

function count(many: number, what: string, several = `${what}s`): string {
  return `${many} ${many === 1 ? what : several}`
}
