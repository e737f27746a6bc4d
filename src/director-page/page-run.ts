import type { RoutesView } from '../director/routes-view.ts'
import type { Makers } from '../pages/page-makers.ts'
import type { Fill } from '../pages/page-run.ts'
import type { mapDrawing } from './map-drawing.ts'
import type { mapPicture } from './map-items.ts'
import type { nodeDetail, nodesList, otherLists, problemsPart } from './page-lists.ts'
import type { PageView } from './page-view.ts'

/** What the page shows now. */
interface Shown {
  view: PageView
  /** Nodes that were looked for. */
  found?: PageView | undefined
  asked?: { name: string; answer: RoutesView } | undefined
  /** The node whose links and facts are shown. */
  chosen?: string | undefined
}

/** The lists of the page. */
interface Lists extends ReturnType<typeof otherLists> {
  problemsList: ReturnType<typeof problemsPart>
  nodesTable: ReturnType<typeof nodesList>
  detailOf: ReturnType<typeof nodeDetail>
}

/** Returns what shows the map and the node that is chosen. Its text is in the page. */
export function mapPart(
  { short }: Makers,
  fill: Fill,
  picture: typeof mapPicture,
  draw: ReturnType<typeof mapDrawing>,
  { detailOf }: Lists
) {
  const at = (id: string) => document.getElementById(id)!
  return ({ view, found, asked, chosen }: Shown): void => {
    draw(at('map'), picture(view, short, asked?.answer), chosen)
    const { leftOut, groups, links } = view
    const isCrowded = links.length > 150
    at('mapnote').textContent =
      groups.length > 0
        ? 'There are too many nodes to show each: the map has groups of nodes, by who vouches for them or by their first label, and some nodes with problems.'
        : isCrowded
          ? `There are ${links.length + leftOut.links} links: choose a node to see its own.`
          : ''
    at('detail').hidden = chosen === undefined
    const isFound = found?.nodes.some(({ peerId }) => peerId === chosen)
    const among = isFound ? found! : view
    fill('detail', [chosen, among.nodes, among.links], () =>
      chosen === undefined ? [] : detailOf(among, chosen)
    )
  }
}

/** Returns what shows the lists of the page. Its text is in the page. */
export function listsPart({ element, short }: Makers, fill: Fill, lists: Lists) {
  function count(many: number, what: string): string {
    return `${many} ${what}${many === 1 ? '' : 's'}`
  }

  return ({ view, found, chosen }: Shown): void => {
    const { director, counts, leftOut, problems, contents, watches, lately } = view
    document.getElementById('who')!.textContent = short(director)
    document.title = counts.problems > 0 ? `(${counts.problems}) Director` : 'Director'
    const faults = [count(counts.problems, 'problem'), count(counts.notices, 'notice')].join(', ')
    const nodesIn = [count(counts.sources, 'source'), count(counts.relays, 'relay')].join(', ')
    const rest = [count(counts.contents, 'content'), `${count(counts.clients, 'question')} of clients`]
    fill('counts', counts, () => [`${faults}. ${nodesIn}, ${rest.join(', ')}.`])
    fill('problems', [problems, leftOut.problems, view.nodes.map(({ peerId }) => peerId)], () =>
      lists.problemsList(view, document.querySelector('#problems details')?.hasAttribute('open') ?? false)
    )
    const listed = found ?? view
    const { nodes, links } = listed
    const left = listed.leftOut.nodes
    const note = `${left} more are not shown: find them by a part of what is known of them.`
    fill('nodes', [nodes, links, chosen, left], () => [
      lists.nodesTable(listed, chosen),
      ...(left > 0 ? [element('p', 'faint', note)] : [])
    ])
    fill('contents', [contents, leftOut.contents], () => lists.contentsTable(view))
    fill('watches', watches, () => [lists.watchesTable(view)])
    fill('lately', lately, () => [lists.latelyTable(view)])
    const optionOf = (name: string) => Object.assign(element('option', ''), { value: name })
    fill('names', contents, () => contents.map(({ name }) => optionOf(name)))
  }
}

/** Returns what changes what is shown. Its text is in the page. */
export function pageState(parts: ((shown: Shown) => void)[], fill: Fill, { answerOf }: Lists) {
  let shown: Shown | undefined

  function put(change: Partial<Shown>): void {
    if (!shown) return
    shown = { ...shown, ...change }
    for (const show of parts) show(shown)
  }

  return {
    put,
    /** The same node once more is the wish to see none. */
    choose: (peerId: string | undefined) => put({ chosen: peerId === shown?.chosen ? undefined : peerId }),
    view(view: PageView): void {
      shown ??= { view }
      put({ view })
    },
    /** Shows the answer to what was asked for; none where nothing is. */
    answer(name: string, answer?: RoutesView): void {
      fill('routes', answer && [name, answer], () => (answer ? answerOf(name, answer) : []))
      put({ asked: answer && { name, answer } })
    }
  }
}

type Page = ReturnType<typeof pageState>

/** Does what people ask for. Its text is in the page. */
export function attend(page: Page): void {
  const at = <T extends HTMLElement>(id: string) => document.getElementById(id) as T
  const form = at<HTMLFormElement>('ask')
  const find = at<HTMLInputElement>('find')
  const forget = at<HTMLButtonElement>('forget')
  let finding: ReturnType<typeof setTimeout> | undefined

  form.addEventListener('submit', async event => {
    event.preventDefault()
    const given = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]))
    const response = await fetch(`/api/routes?${given}`).catch(() => undefined)
    const answer = await response?.json()
    forget.hidden = false
    if (response?.ok) return page.answer(given.get('name')!, answer)
    page.answer('')
    at('routes').textContent = answer?.message ?? 'The director does not answer.'
  })
  forget.addEventListener('click', () => {
    page.answer('')
    at('routes').textContent = ''
    forget.hidden = true
  })
  find.addEventListener('input', () => {
    clearTimeout(finding)
    finding = setTimeout(async () => {
      const text = find.value.trim()
      const response = text === '' ? undefined : await fetch(`/api/view?find=${encodeURIComponent(text)}`)
      if (find.value.trim() === text) page.put({ found: response?.ok ? await response.json() : undefined })
    }, 250)
  })
  at('map').addEventListener('click', ({ target }) => {
    const id = (target as Element).closest<SVGElement>('[data-id]')?.dataset.id
    if (id !== undefined && !/^(group|client) |^asking$/.test(id)) page.choose(id)
  })
  addEventListener('resize', () => page.put({}))
}
