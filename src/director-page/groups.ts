import type { DirectorView, NodeView } from '../director/view.ts'
import { DIRECTOR_PAGE_LIMITS as LIMITS } from './limits.ts'

/** Nodes of one role that one access rule vouches for or, without rules, that have the same first label. */
export interface NodeGroup {
  role: 'source' | 'relay'
  name: string
  nodes: number
  /** Those of them with a problem. */
  problems: number
  draining: number
  /** The mean of their loads, 0 to 1. */
  load: number
}

/** The links between the nodes of two groups, or within one. */
export interface GroupLink {
  /** Places in the list of groups. */
  a: number
  b: number
  links: number
  /** The mean round trip. */
  rttMs: number
}

/** Puts nodes into groups, the largest first; the smallest ones stand together where there are many. */
export function groupsOf(
  { nodes, links }: Pick<DirectorView, 'nodes' | 'links'>,
  hasProblem: (peerId: string) => boolean
): { groups: NodeGroup[]; groupLinks: GroupLink[] } {
  const sizes = new Map<string, number>()
  for (const node of nodes) sizes.set(keyOf(node), (sizes.get(keyOf(node)) ?? 0) + 1)
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, LIMITS.maxGroups - 2)
  const kept = new Set(largest.map(([key]) => key))
  const places = new Map<string, number>()
  const members: NodeView[][] = []
  const placeOf = new Map<string, number>()
  for (const node of nodes) {
    const key = kept.has(keyOf(node)) ? keyOf(node) : `${node.role} `
    const at = places.get(key) ?? members.push([]) - 1
    places.set(key, at)
    members[at]!.push(node)
    placeOf.set(node.peerId, at)
  }
  const names = new Map([...places].map(([key, at]) => [at, key.slice(key.indexOf(' ') + 1)]))
  const groups = members.map((some, at) => groupOf(names.get(at) || 'others', some, hasProblem))
  return { groups, groupLinks: linksBetween(links, placeOf) }
}

function groupOf(name: string, nodes: NodeView[], hasProblem: (peerId: string) => boolean): NodeGroup {
  return {
    role: nodes[0]!.role,
    name,
    nodes: nodes.length,
    problems: nodes.filter(({ peerId }) => hasProblem(peerId)).length,
    draining: nodes.filter(({ draining }) => draining).length,
    load: Math.round((100 * nodes.reduce((sum, { load }) => sum + load, 0)) / nodes.length) / 100
  }
}

function linksBetween(links: DirectorView['links'], placeOf: ReadonlyMap<string, number>): GroupLink[] {
  const sums = new Map<string, GroupLink>()
  for (const { ends, rttMs } of links) {
    const [a, b] = ends.map(end => placeOf.get(end)!).sort((one, other) => one - other) as [number, number]
    const sum = sums.get(`${a} ${b}`) ?? { a, b, links: 0, rttMs: 0 }
    sums.set(`${a} ${b}`, { ...sum, links: sum.links + 1, rttMs: sum.rttMs + rttMs })
  }
  return [...sums.values()].map(sum => ({ ...sum, rttMs: Math.round(sum.rttMs / sum.links) }))
}

function keyOf({ role, vouchedBy, labels }: NodeView): string {
  return `${role} ${vouchedBy ?? labels[0] ?? ''}`
}
