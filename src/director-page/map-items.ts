import type { RoutesView } from '../director/routes-view.ts'
import type { PageView } from './page-view.ts'

/** Something on the map: a node, a group of nodes, or clients that want the same. */
export interface MapItem {
  id: string
  label: string
  /** What it is and how it is, in words. */
  title: string
  /** From 0 to 1. */
  load: number
  isBad: boolean
  /** Nothing new comes over it, or its connection broke. */
  isAway: boolean
  /** How many nodes it stands for; absent for one. */
  many?: number
}

/** A line on the map, along these items. */
export interface MapLine {
  ids: string[]
  /** The round trip of a link. */
  rttMs?: number
  kind: 'link' | 'told' | 'route'
}

export interface MapPicture {
  sources: MapItem[]
  relays: MapItem[]
  clients: MapItem[]
  lines: MapLine[]
  /** Items that further routes would share. */
  shared: string[]
}

type Short = (peerId: string) => string

// The functions of this file call one another: the page has the texts of all of them.

/** Decides what is on the map: `answer` is what was asked for last. */
export function mapPicture(view: PageView, short: Short, answer?: RoutesView): MapPicture {
  const { routes = [], shortfall } = answer ?? {}
  const common = shortfall?.relays ?? []
  const passed = [...routes.flatMap(({ relays }) => relays), ...common]
  const clients = clientItems(view)
  if (answer) clients.unshift(itemAt('asking', 'a client', 'a client that asks'))
  return {
    sources: nodeItems(view, 'source', short, new Set(routes.map(({ source }) => source))),
    relays: nodeItems(view, 'relay', short, new Set(passed)),
    clients,
    lines: mapLines(view, routes),
    shared: [...common, ...(shortfall?.links ?? []).flat()]
  }
}

export function itemAt(id: string, label: string, title: string): MapItem {
  return { id, label, title, load: 0, isBad: false, isAway: false }
}

/** Groups, where there are some, and nodes: then only the first of those with problems, and all of `wanted`. */
export function nodeItems(
  view: PageView,
  role: 'source' | 'relay',
  short: Short,
  wanted: Set<string>
): MapItem[] {
  const MAX_SINGLE = 12
  const groups = view.groups.flatMap((group, at) => {
    const { name, nodes, problems, draining, load } = group
    const state = `${problems} with problems, ${draining} draining, mean load ${Math.round(load * 100)} %`
    const item = itemAt(`group ${at}`, name.slice(0, 11), `${name}: ${nodes} ${role}s, ${state}`)
    return group.role === role ? [{ ...item, load, many: nodes }] : []
  })
  const ofRole = view.nodes.filter(node => node.role === role)
  const shown = ofRole.filter(
    ({ peerId }, at) => groups.length === 0 || at < MAX_SINGLE || wanted.has(peerId)
  )
  const nodes = shown.map(({ peerId, load, draining, state, concern, unreachableSince }) => {
    const words = [`${role} ${short(peerId)}`, `load ${Math.round(load * 100)} %`]
    if (draining) words.push('draining')
    if (state === 'grace') words.push('connection lost')
    if (unreachableSince !== undefined) words.push('not reachable')
    const item = itemAt(peerId, short(peerId), words.join(', '))
    return { ...item, load, isBad: concern === 'problem', isAway: draining || state === 'grace' }
  })
  const known = new Set(shown.map(({ peerId }) => peerId))
  const further = [...wanted].filter(id => !known.has(id))
  return [...groups, ...nodes, ...further.map(id => itemAt(id, short(id), `${role} ${short(id)}`))]
}

export function clientItems({ watches }: PageView): MapItem[] {
  const MAX_CLIENTS = 10
  return watches.slice(0, MAX_CLIENTS).map(({ content, clients, wanted, routes }, at) => {
    const name = 'name' in content ? content.name : content.rootHash.slice(0, 12)
    const label = name.length > 12 ? `${name.slice(0, 5)}..${name.slice(-5)}` : name
    const who = clients === 1 ? '1 client' : `${clients} clients`
    const item = itemAt(`client ${at}`, label, `${who} of ${name}: ${routes.length} of ${wanted} routes`)
    return clients > 1 ? { ...item, many: clients } : item
  })
}

export function mapLines(view: PageView, asked: RoutesView['routes']): MapLine[] {
  const links = view.links.map(({ a, b, rttMs }): MapLine => {
    return { ids: [view.nodes[a]!.peerId, view.nodes[b]!.peerId], rttMs, kind: 'link' }
  })
  const groupLinks = view.groupLinks
    .filter(({ a, b }) => a !== b)
    .map(({ a, b, rttMs }): MapLine => ({ ids: [`group ${a}`, `group ${b}`], rttMs, kind: 'link' }))
  const told = view.watches.flatMap(({ routes }, at) =>
    routes.map(({ relays, source }): MapLine => {
      return { ids: [`client ${at}`, ...relays, source], kind: 'told' }
    })
  )
  const routes = asked.map(({ relays, source }): MapLine => {
    return { ids: ['asking', ...relays, source], kind: 'route' }
  })
  return [...groupLinks, ...links, ...told, ...routes]
}
