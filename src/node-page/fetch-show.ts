import type { Makers } from '../pages/page-makers.ts'
import type { Fill } from '../pages/page-run.ts'
import type { LossItem } from '../planner/diagnosis/loss-attribution.ts'
import type { formatDuration } from '../units/units.ts'
import type { wholePercents } from '../units/whole-percents.ts'
import type { chartDrawing } from './chart.ts'
import type { FetchPageContent, FetchPageView } from './fetch-page-view.ts'
import type { NodeLists } from './page-lists.ts'
import type { PageTools } from './relay-show.ts'

/** Functions of the house that the page of a fetch uses besides. */
export interface FetchTools extends PageTools {
  formatDuration: typeof formatDuration
  wholePercents: typeof wholePercents
}

/** Returns what says how far one content is, and where time was lost. Its text is in the page. */
export function contentFacts(
  { element, table }: Makers,
  { facts }: NodeLists,
  { formatBytes, formatRate, formatDuration }: FetchTools
) {
  function progress(content: FetchPageContent): Node[] {
    const { name, bytes, sizeBytes, reorderBytes, leftMs, elapsedMs, longestStallMs } = content
    const share = sizeBytes ? bytes / sizeBytes : undefined
    const bar = element('progress', 'progress') as HTMLProgressElement
    bar.max = 1
    bar.value = share ?? 0
    bar.setAttribute('aria-label', `${name} in order`)
    const percent = share === undefined ? '' : `${Math.floor(share * 100)} %, `
    const rows: [string, string][] = [
      [
        'In order',
        `${percent}${formatBytes(bytes)}${sizeBytes === undefined ? '' : ` of ${formatBytes(sizeBytes)}`}`
      ],
      ['Waits for bytes before it', formatBytes(reorderBytes)],
      [
        'Time',
        `${formatDuration(elapsedMs)}${leftMs === undefined ? '' : `, ${formatDuration(leftMs)} left`}`
      ],
      ['Longest stall', `${Math.round(longestStallMs)} ms`],
      ...(content.limitBytesPerSecond === undefined
        ? []
        : [['Limit of the fetch', formatRate(content.limitBytesPerSecond)] as [string, string]]),
      ...(content.pattern === undefined ? [] : [['Pattern', content.pattern] as [string, string]])
    ]
    return [...(share === undefined ? [] : [bar]), facts(rows)]
  }

  function losses(items: LossItem[]): Node[] {
    const share = Math.max(0, 1 - items.reduce((sum, item) => sum + item.share, 0))
    const columns = [
      { head: 'Where', kind: 'wraps' },
      { head: 'Time', kind: 'number' },
      { head: 'Share', kind: 'number' }
    ]
    const rows = items.map(item => [
      element('span', '', item.text),
      `${item.seconds.toFixed(1)} s`,
      `${(item.share * 100).toFixed(1)} %`
    ])
    const text = `So far ${(share * 100).toFixed(0)} % of the time went as fast as the routes could by their own estimates.`
    return [element('p', 'faint', text), table('Where time was lost', columns, rows)]
  }

  return { progress, losses }
}

/** Returns what draws one content, and makes the table of its routes. Its text is in the page. */
export function contentRoutes(
  { element, short, table }: Makers,
  chart: ReturnType<typeof chartDrawing>,
  { formatBytes, formatRate, wholePercents, seconds }: FetchTools
) {
  const rateOf = (rate: number | undefined) => (rate === undefined ? '' : formatRate(rate))

  function rates({ history }: FetchPageContent): HTMLElement {
    const lines = [
      { name: 'Sum of what comes', values: history.sum, look: 0 },
      { name: 'Ideal: what the routes could carry', values: history.ideal, look: 1 }
    ]
    return chart(lines, { label: 'Rate', seconds, format: formatRate })
  }

  function weights({ history }: FetchPageContent): HTMLElement {
    const lines = Object.entries(history.weights).map(([id, values]) => ({
      ...{ name: `Route ${id}`, values, look: Math.max(0, id.charCodeAt(0) - 65) }
    }))
    const format = (share: number) => `${Math.round(share * 100)} %`
    return chart(lines, { label: 'Weights of the routes', seconds, top: 1, format })
  }

  function routesOf({ routes }: FetchPageContent): HTMLElement {
    const percents = wholePercents(routes.map(({ weight }) => weight))
    const columns = [
      { head: 'Route' },
      { head: 'State' },
      { head: 'Weight', kind: 'number' },
      { head: 'Comes', kind: 'number' },
      { head: 'Could', kind: 'number wide' },
      { head: 'Round trip', kind: 'number wide' },
      { head: 'In all', kind: 'number wide' },
      { head: 'Source', kind: 'wide' }
    ]
    const rows = routes.map((route, at) => {
      const { id, state, isParked, rateBytesPerSecond, rttMs, bytes, relays, source, uplink } = route
      const isWell = state === 'open' && !isParked
      const way = relays.length === 0 ? 'direct' : `over ${relays.map(short).join(' > ')}`
      return [
        `${id} ${uplink === undefined ? way : `${way} by ${uplink}`}`,
        element('span', isWell ? '' : 'bad', isParked ? 'parked by hand' : state),
        `${percents[at]} %`,
        rateOf(route.comingBytesPerSecond),
        formatRate(rateBytesPerSecond),
        `${rttMs} ms`,
        formatBytes(bytes),
        short(source)
      ]
    })
    return table('Routes', columns, rows)
  }

  return { rates, weights, routesOf }
}

/** Returns what shows how a fetch stands. Its text is in the page. */
export function fetchShow(
  { element }: Makers,
  fill: Fill,
  { problemsList, headLine }: NodeLists,
  parts: ReturnType<typeof contentFacts> & ReturnType<typeof contentRoutes>,
  { formatRate }: FetchTools
) {
  let names = ''
  /** Each set of contents has elements of its own. */
  let round = 0

  function frame(contents: FetchPageContent[]): void {
    const now = JSON.stringify(contents.map(({ name, isLive }) => [name, isLive]))
    if (now === names) return
    names = now
    round++
    const articles = contents.map(({ name, isLive }, at) => {
      const host = (part: string) => Object.assign(element('div', ''), { id: `${part}-${round}-${at}` })
      const section = (title: string, part: string) =>
        element('section', '', element('h3', '', title), host(part))
      const head = Object.assign(element('h2', ''), { id: `name-${round}-${at}` })
      head.append(element('bdi', '', name))
      const charts = element('div', 'columns', section('Rate', 'rates'), section('Weights', 'weights'))
      const lost = isLive ? [] : [section('Where time was lost', 'losses')]
      const article = element(
        'article',
        '',
        head,
        host('progress'),
        charts,
        section('Routes', 'routes'),
        ...lost
      )
      article.setAttribute('aria-labelledby', head.id)
      return article
    })
    document.getElementById('contents')!.replaceChildren(...articles)
  }

  return (view: FetchPageView): void => {
    const { problems, contents, leftOut, isPaused, pinned } = view
    const sum = contents.reduce((rate, { sumBytesPerSecond = 0 }) => rate + sumBytesPerSecond, 0)
    const state = contents.length === 0 ? 'nothing is being fetched now' : `${formatRate(sum)} in all`
    const wishes = `${isPaused ? ', paused' : ''}${pinned === undefined ? '' : `, pattern ${pinned} pinned`}`
    headLine('Fetch', problems, `${state}${wishes}.`)
    fill('problems', problems, () => [problemsList(problems)])
    frame(contents)
    for (const [at, content] of contents.entries()) {
      const id = (part: string) => `${part}-${round}-${at}`
      const { bytes, elapsedMs, history, routes, lossAttribution, isLive } = content
      fill(id('progress'), [bytes, elapsedMs], () => parts.progress(content))
      fill(id('rates'), [history.sum, history.ideal], () => [parts.rates(content)])
      fill(id('weights'), history.weights, () => [parts.weights(content)])
      fill(id('routes'), routes, () => [parts.routesOf(content)])
      if (!isLive) fill(id('losses'), lossAttribution, () => parts.losses(lossAttribution))
    }
    document.getElementById('more')!.textContent =
      leftOut > 0 ? `${leftOut} more contents are not shown.` : ''
  }
}
