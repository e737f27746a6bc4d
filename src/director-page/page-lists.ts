import type { RoutesView } from '../director/routes-view.ts'
import type { Makers } from '../pages/page-makers.ts'
import type { formatRate } from '../units/units.ts'
import type { PageNode, PageView } from './page-view.ts'
import type { Problem } from './problems.ts'

/** Chooses a node of the map; undefined chooses none. */
export type Choose = (peerId: string | undefined) => void

/** Returns how a node is named, and how it is said to be. Its text is in the page. */
export function nodeWords({ element, short, timeOf }: Makers, choose: Choose) {
  /** A peer id that chooses its node; people without a mouse find it by its key. */
  function peerButton(peerId: string, text = short(peerId)): HTMLElement {
    const made = element('button', 'plain', text) as HTMLButtonElement
    made.type = 'button'
    made.title = peerId
    if (text !== short(peerId)) made.setAttribute('aria-label', `${text} ${short(peerId)}`)
    made.dataset.peer = peerId
    made.onclick = () => choose(peerId)
    return made
  }

  function stateOf({ draining, state, unreachableSince, attachedTo, complaints }: PageNode): string {
    const words = []
    if (unreachableSince !== undefined)
      words.push(
        attachedTo.length > 0 ? 'reached over relays' : `not reachable since ${timeOf(unreachableSince)}`
      )
    if (state === 'grace') words.push('connection lost')
    if (draining) words.push('draining')
    if (complaints !== undefined) words.push(`${complaints} complain`)
    return words.length > 0 ? words.join(', ') : 'well'
  }

  return { peerButton, stateOf }
}

type Words = ReturnType<typeof nodeWords>

/** Returns what makes the table of nodes. Its text is in the page. */
export function nodesList(
  { element, table }: Makers,
  { peerButton, stateOf }: Words,
  rate: typeof formatRate
) {
  function nodesTable(view: PageView, chosen: string | undefined): HTMLElement {
    const linksOf = new Map<number, number>()
    for (const { a, b } of view.links) for (const end of [a, b]) linksOf.set(end, (linksOf.get(end) ?? 0) + 1)
    const rows = view.nodes.map((node, at) => {
      const {
        peerId,
        role,
        load,
        vouchedBy = '',
        labels,
        contentCount,
        capacityBytesPerSecond: capacity
      } = node
      const state = element('span', node.concern === 'problem' ? 'bad' : '', stateOf(node))
      const facts = [
        state,
        `${Math.round(load * 100)} %`,
        String(linksOf.get(at) ?? 0),
        element('bdi', '', vouchedBy)
      ]
      const more = [
        element('bdi', '', labels.join(', ')),
        role === 'source' ? String(contentCount) : '',
        capacity === undefined ? '' : rate(capacity)
      ]
      return Object.assign([peerButton(peerId), role, ...facts, ...more], { chosen: peerId === chosen })
    })
    const numbers = [
      { head: 'Load', kind: 'number' },
      { head: 'Links', kind: 'number' }
    ]
    const more = [
      { head: 'Labels', kind: 'wide' },
      { head: 'Contents', kind: 'number wide' },
      { head: 'Capacity', kind: 'number wide' }
    ]
    return table(
      'Nodes',
      [
        { head: 'Node' },
        { head: 'Role' },
        { head: 'State' },
        ...numbers,
        { head: 'Vouched for by', kind: 'wide' },
        ...more
      ],
      rows
    )
  }

  return nodesTable
}

/** Returns what tells all of one node. Its text is in the page. */
export function nodeDetail(
  { element, short, table }: Makers,
  { peerButton, stateOf }: Words,
  choose: Choose
) {
  function detailOf(view: PageView, peerId: string): HTMLElement[] {
    const at = view.nodes.findIndex(node => node.peerId === peerId)
    const node = view.nodes[at]
    const close = element('button', '', 'Close') as HTMLButtonElement
    close.onclick = () => choose(undefined)
    if (!node) return [element('p', '', `${short(peerId)} is not among the nodes shown.`), close]
    const facts: [string, string][] = [
      ['Peer id', peerId],
      ['State', stateOf(node)],
      ['Load', `${Math.round(node.load * 100)} %`],
      ['Says it is at', node.addresses.join(', ') || '-'],
      ['Found at', node.reachable.join(', ') || 'none of them'],
      ['Vouched for by', node.vouchedBy ?? '-'],
      ['Labels', node.labels.join(', ') || '-']
    ]
    const list = element(
      'dl',
      '',
      ...facts.flatMap(([what, text]) => [
        element('dt', '', what),
        element('dd', '', element('bdi', '', text))
      ])
    )
    const links = view.links
      .filter(({ a, b }) => a === at || b === at)
      .sort((one, other) => one.rttMs - other.rttMs)
    const rows = links.map(({ a, b, rttMs }) => [
      peerButton(view.nodes[a === at ? b : a]!.peerId),
      `${rttMs} ms`
    ])
    const far =
      links.length > 0
        ? table('Links of this node', [{ head: 'Linked to' }, { head: 'Round trip' }], rows)
        : element('p', 'faint', 'No links.')
    return [element('h3', '', `${node.role} ${short(peerId)}`), list, far, close]
  }

  return detailOf
}

/** Returns what makes the list of problems. Its text is in the page. */
export function problemsPart({ element, timeOf }: Makers, { peerButton }: Words) {
  function rowOf({ severity, peerId, what, since, remedy }: Problem, shown: Set<string>): HTMLElement {
    const mark = severity === 'problem' ? '! Problem' : 'Notice'
    const parts: (Node | string)[] = [element('span', 'mark', mark), element('bdi', '', what)]
    if (since !== undefined) parts.push(` since ${timeOf(since)}`)
    if (peerId !== undefined && shown.has(peerId)) parts.push(' ', peerButton(peerId, 'show'))
    if (remedy !== undefined) parts.push(element('span', 'remedy', remedy))
    return element('li', severity, ...parts)
  }

  function listOf(problems: Problem[], shown: Set<string>): HTMLElement {
    const list = element('ul', 'problems scroll', ...problems.map(problem => rowOf(problem, shown)))
    list.tabIndex = 0
    return list
  }

  function problemsList({ problems, nodes, counts, leftOut }: PageView, isOpen: boolean): HTMLElement[] {
    const bad = problems.filter(({ severity }) => severity === 'problem')
    const notices = problems.slice(bad.length)
    const shown = new Set(nodes.map(({ peerId }) => peerId))
    const made =
      bad.length > 0 ? [listOf(bad, shown)] : [element('p', 'faint', 'None that this director knows of.')]
    if (leftOut.problems > 0) made.push(element('p', 'faint', `${leftOut.problems} more are not shown.`))
    if (notices.length === 0) return made
    const many = counts.notices === 1 ? '1 notice' : `${counts.notices} notices`
    const details = element(
      'details',
      '',
      element('summary', '', many),
      listOf(notices, shown)
    ) as HTMLDetailsElement
    details.open = isOpen
    return [...made, details]
  }

  return problemsList
}

/** Returns what makes the other parts of the page. Its text is in the page. */
export function otherLists({ element, short, timeOf, table }: Makers, { peerButton }: Words) {
  function contentsTable({ contents, leftOut }: PageView): HTMLElement[] {
    const rows = contents.map(({ name, rootHash, holders }) => {
      const some = holders.slice(0, 5).flatMap(holder => [peerButton(holder), ' '])
      if (holders.length > 5) some.push(`and ${holders.length - 5} more`)
      return [element('bdi', '', name), element('span', '', ...some), rootHash.slice(0, 12)]
    })
    const made = table(
      'Contents',
      [{ head: 'Content' }, { head: 'Held by' }, { head: 'Root hash', kind: 'wide' }],
      rows
    )
    return leftOut.contents > 0
      ? [made, element('p', 'faint', `${leftOut.contents} more are not shown.`)]
      : [made]
  }

  function watchesTable({ watches }: PageView): HTMLElement {
    const rows = watches.map(({ content, clients, wanted, routes, shortfall = '' }) => {
      const ways = routes.map(({ relays, source }) => [...relays, source].map(short).join(' > ')).join('; ')
      const name = 'name' in content ? content.name : content.rootHash
      return [
        element('bdi', '', name),
        String(clients),
        `${routes.length} of ${wanted}`,
        ways,
        element('bdi', '', shorter(shortfall))
      ]
    })
    const heads = [
      { head: 'Content' },
      { head: 'Clients', kind: 'number' },
      { head: 'Routes', kind: 'number' }
    ]
    return table(
      'What clients want',
      [...heads, { head: 'Over', kind: 'wide' }, { head: 'Why not more', kind: 'wide' }],
      rows
    )
  }

  function latelyTable({ lately }: PageView): HTMLElement {
    const rows = lately.map(({ at, text, times }) => [
      timeOf(at),
      element('bdi', '', times > 1 ? `${text} (${times} times)` : text)
    ])
    return table('What happened lately', [{ head: 'When' }, { head: 'What' }], rows)
  }

  /** Puts short forms in place of the peer ids in a text of the director. */
  function shorter(text: string): string {
    return text.replace(/\b(12D3Koo\w{40,}|Qm\w{44})\b/g, short)
  }

  function answerOf(name: string, { holders, routes, shortfall }: RoutesView): HTMLElement[] {
    if (holders.length === 0)
      return [
        element('p', 'bad', 'No source whom a client could be led to has ', element('bdi', '', name), '.')
      ]
    const rows = routes.map(({ relays, source, costMs }) => {
      const way = [...relays, source].flatMap((peerId, at) => [at > 0 ? ' > ' : '', peerButton(peerId)])
      return element('li', '', 'client > ', ...way, ` (cost ${Math.round(costMs)} ms)`)
    })
    const some = routes.length === 1 ? '1 route' : `${routes.length} routes`
    const made = [
      element('p', '', `${some} to `, element('bdi', '', name), ', the cheapest first:'),
      element('ol', '', ...rows)
    ]
    if (shortfall) made.push(element('p', 'bad', shorter(shortfall.message)))
    return made
  }

  return { contentsTable, watchesTable, latelyTable, answerOf }
}
