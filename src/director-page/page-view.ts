import type { HeldContent } from '../director/content-index.ts'
import type { DirectorView, NodeView, WatchView } from '../director/view.ts'
import { type GroupLink, groupsOf, type NodeGroup } from './groups.ts'
import { DIRECTOR_PAGE_LIMITS as LIMITS } from './limits.ts'
import { type GoneNode, type Problem, problemsOf } from './problems.ts'

/** What the page shows, and /api/view tells: no more than a browser can show at once. */
export interface PageView {
  /** The director's peer id. */
  director: string
  counts: {
    sources: number
    relays: number
    contents: number
    clients: number
    problems: number
    notices: number
  }
  problems: Problem[]
  /** All nodes, or those with problems where there are more than can be shown; those first. */
  nodes: PageNode[]
  /** Links between these nodes. */
  links: PageLink[]
  /** All nodes in groups; empty where each node is shown. */
  groups: NodeGroup[]
  groupLinks: GroupLink[]
  contents: HeldContent[]
  watches: PageWatch[]
  lately: readonly PastEvent[]
  /** How many are not in these lists; a content counts once for each of its sources. */
  leftOut: { nodes: number; links: number; problems: number; contents: number; watches: number }
}

export interface PageNode
  extends Pick<
    NodeView,
    | ('peerId' | 'role' | 'labels' | 'addresses' | 'reachable' | 'attachedTo' | 'restricted')
    | ('capacityBytesPerSecond' | 'vouchedBy' | 'complaints' | 'draining' | 'state' | 'contentCount')
  > {
  /** From 0 to 1, to the hundredth. */
  load: number
  /** Since when nobody can dial it, in ISO 8601. */
  unreachableSince?: string
  /** Where it stands in `problems`, the worst. */
  concern?: Problem['severity']
}

export interface PageLink {
  /** Places in the list of nodes. */
  a: number
  b: number
  rttMs: number
}

/** A question that clients watch; clients that ask the same are one. */
export interface PageWatch extends Pick<WatchView, 'content' | 'wanted'> {
  clients: number
  /** The routes that they were told, and how many of them have each. */
  routes: { relays: string[]; source: string; clients: number }[]
  shortfall?: string
}

/** Something that a director has told of. */
export interface PastEvent {
  /** The last time at which it happened, in ISO 8601. */
  at: string
  /** The kind of a DirectorEvent. */
  kind: string
  text: string
  /** How often it happened in a row. */
  times: number
}

export interface PageQuestion {
  view: DirectorView
  director: string
  gone: readonly GoneNode[]
  lately: readonly PastEvent[]
  /** The time now, in ISO 8601, for so many milliseconds ago. */
  isoAgo(agoMs: number): string
  /** Only nodes whose peer id, label, voucher or address has this text. */
  find?: string
}

/** Makes of a director's view what a page shows. */
export function pageView({ view, director, gone, lately, isoAgo, find = '' }: PageQuestion): PageView {
  const problems = problemsOf(view, gone, isoAgo)
  const concerns = new Map<string, Problem['severity']>()
  for (const { peerId, severity } of problems)
    if (peerId !== undefined && !concerns.has(peerId)) concerns.set(peerId, severity)
  const hasProblem = (peerId: string) => concerns.get(peerId) === 'problem'
  const wanted = view.nodes.filter(node => isFound(node, find.toLowerCase()))
  const isAll = find !== '' || wanted.length <= LIMITS.maxNodes
  const shown = worstFirst(isAll ? wanted : wanted.filter(({ peerId }) => hasProblem(peerId)), concerns)
  const nodes = shown.slice(0, LIMITS.maxNodes)
  const all = linksAmong(nodes, view.links)
  const links = all.slice(0, LIMITS.maxLinks)
  const watches = watchesOf(view.watches)
  const { contentCount } = view
  const shownContents = view.contents.slice(0, LIMITS.maxContents)
  return {
    director,
    counts: countsOf(view, problems),
    problems: problems.slice(0, LIMITS.maxProblems),
    nodes: nodes.map(node => pageNode(node, concerns.get(node.peerId), isoAgo)),
    links,
    ...(isAll ? { groups: [], groupLinks: [] } : groupsOf(view, hasProblem)),
    contents: shownContents,
    watches: watches.slice(0, LIMITS.maxWatches),
    lately,
    leftOut: {
      nodes: wanted.length - nodes.length,
      links: (isAll ? all.length : view.links.length) - links.length,
      problems: Math.max(0, problems.length - LIMITS.maxProblems),
      contents: contentCount - shownContents.reduce((sum, { holders }) => sum + holders.length, 0),
      watches: Math.max(0, watches.length - LIMITS.maxWatches)
    }
  }
}

function countsOf({ nodes, contentCount, watches }: DirectorView, problems: Problem[]): PageView['counts'] {
  const bad = problems.filter(({ severity }) => severity === 'problem').length
  const sources = nodes.filter(({ role }) => role === 'source').length
  return {
    ...{ sources, relays: nodes.length - sources, contents: contentCount, clients: watches.length },
    ...{ problems: bad, notices: problems.length - bad }
  }
}

function isFound({ peerId, labels, vouchedBy = '', addresses }: NodeView, text: string): boolean {
  return [peerId, vouchedBy, ...labels, ...addresses].some(each => each.toLowerCase().includes(text))
}

function worstFirst(nodes: NodeView[], concerns: ReadonlyMap<string, Problem['severity']>): NodeView[] {
  const rankOf = ({ peerId }: NodeView) => ['problem', 'notice', undefined].indexOf(concerns.get(peerId))
  return nodes.toSorted((a, b) => rankOf(a) - rankOf(b))
}

function pageNode(
  node: NodeView,
  concern: Problem['severity'] | undefined,
  isoAgo: (agoMs: number) => string
): PageNode {
  const { peerId, role, labels, addresses, reachable, attachedTo, restricted, draining, state } = node
  const { capacityBytesPerSecond, vouchedBy, complaints, contentCount, unreachable, load } = node
  return {
    ...{ peerId, role, labels, addresses, reachable, attachedTo, restricted, draining, state, contentCount },
    ...(capacityBytesPerSecond === undefined ? {} : { capacityBytesPerSecond }),
    ...(vouchedBy === undefined ? {} : { vouchedBy }),
    ...(complaints === undefined ? {} : { complaints }),
    load: Math.round(load * 100) / 100,
    ...(unreachable ? { unreachableSince: isoAgo(unreachable.forMs) } : {}),
    ...(concern ? { concern } : {})
  }
}

function linksAmong(nodes: readonly NodeView[], links: DirectorView['links']): PageLink[] {
  const places = new Map(nodes.map(({ peerId }, at) => [peerId, at]))
  return links.flatMap(({ ends, rttMs }) => {
    const [a, b] = ends.map(end => places.get(end))
    return a === undefined || b === undefined ? [] : [{ a, b, rttMs: rounded(rttMs) }]
  })
}

/** What moves all the time is not told to the last digit: a page would hear of news that is none. */
function rounded(rttMs: number): number {
  return rttMs >= 10 ? Math.round(rttMs) : Math.round(rttMs * 10) / 10
}

function watchesOf(watches: readonly WatchView[]): PageWatch[] {
  const byQuestion = new Map<string, PageWatch>()
  for (const { content, wanted, onlySource = '', told } of watches) {
    const shortfall = told?.shortfall
    const key = JSON.stringify([content, wanted, onlySource, shortfall])
    const same = byQuestion.get(key) ?? {
      ...{ content, wanted, clients: 0, routes: [] },
      ...(shortfall === undefined ? {} : { shortfall })
    }
    same.clients++
    for (const { relays, source } of told?.routes ?? []) addRoute(same.routes, relays, source)
    byQuestion.set(key, same)
  }
  return [...byQuestion.values()].sort((a, b) => b.clients - a.clients)
}

function addRoute(routes: PageWatch['routes'], relays: string[], source: string): void {
  const known = routes.find(route => route.source === source && route.relays.join() === relays.join())
  if (known) known.clients++
  else if (routes.length < LIMITS.maxRoutesShown) routes.push({ relays, source, clients: 1 })
}
