import type { Makers } from '../pages/page-makers.ts'
import type { Fill } from '../pages/page-run.ts'
import type { ReasonCount } from '../relay/relay-view.ts'
import type { formatBytes, formatRate } from '../units/units.ts'
import type { chartDrawing } from './chart.ts'
import type { NodeLists } from './page-lists.ts'
import type { RelayPageView } from './relay-page-view.ts'

/** Functions of the house that the pages use as well, and how many seconds a chart has. */
export interface PageTools {
  formatBytes: typeof formatBytes
  formatRate: typeof formatRate
  seconds: number
}

/** Returns what shows how a relay stands. Its text is in the page. */
export function relayShow(
  { element, short, table }: Makers,
  fill: Fill,
  { problemsList, facts, headLine, timeAt }: NodeLists,
  chart: ReturnType<typeof chartDrawing>,
  { formatBytes, formatRate, seconds }: PageTools
) {
  const rateOf = (rate: number | undefined) => (rate === undefined ? '' : formatRate(rate))

  function limitsOf(view: RelayPageView): HTMLElement {
    const { limits, downBytesPerSecond, heldBytes } = view
    const { maxRateBytesPerSecond, maxRouteRateBytesPerSecond, day, month } = limits
    const none = 'no limit'
    const left = (period: typeof day) =>
      period ? `${formatBytes(period.leftBytes)} left of ${formatBytes(period.maxBytes)}` : none
    const running = view.routes.length + view.leftOut
    const rate = maxRateBytesPerSecond
    return facts([
      ['Rate', rate === undefined ? none : `${rateOf(downBytesPerSecond)} of ${formatRate(rate)}`],
      ['Rate of one route', rateOf(maxRouteRateBytesPerSecond) || none],
      ['Today (UTC)', left(day)],
      ['This month (UTC)', left(month)],
      ['Routes', `${running} of ${limits.maxRoutes}`],
      ['Routes of one peer', `${limits.maxRoutesPerPeer} at most`],
      ['Memory for what waits', `${formatBytes(heldBytes)} of ${formatBytes(limits.maxHeldBytes)}`]
    ])
  }

  function reasonRows(what: string, reasons: ReasonCount[]) {
    return reasons.map(({ reason, count, message, peerId, atMs }) => [
      `${what}: ${reason.replace('refused_', '').replaceAll('_', ' ')}`,
      String(count),
      timeAt(atMs),
      element('bdi', '', `${message} (to ${short(peerId)})`)
    ])
  }

  function notServed({ refused, failed }: RelayPageView): HTMLElement {
    const columns = [
      { head: 'Reason', kind: 'wraps' },
      { head: 'Times', kind: 'number' },
      { head: 'Last', kind: 'number' },
      { head: 'What was told then' }
    ]
    return table('Routes not served', columns, [
      ...reasonRows('refused', refused),
      ...reasonRows('failed', failed)
    ])
  }

  function routesOf({ routes }: RelayPageView): HTMLElement {
    const columns = [
      { head: 'Route of session' },
      { head: 'From', kind: 'wide' },
      { head: 'To' },
      { head: 'Towards client', kind: 'number' },
      { head: 'Towards source', kind: 'number wide' },
      { head: 'Waits', kind: 'number wide' },
      { head: 'In all', kind: 'number wide' }
    ]
    const rows = routes.map(route => {
      const { letter, sessionId, peerId, nextHop, downBytes, queuedBytes } = route
      const peer = (id: string) => Object.assign(element('span', '', short(id)), { title: id })
      const rates = [rateOf(route.downBytesPerSecond), rateOf(route.upBytesPerSecond)]
      const name = `${letter} of ${sessionId.slice(0, 6)}`
      return [name, peer(peerId), peer(nextHop), ...rates, formatBytes(queuedBytes), formatBytes(downBytes)]
    })
    return table('Routes', columns, rows)
  }

  return (view: RelayPageView): void => {
    const { peerId, problems, history, routes, leftOut, limits, admitted, refused, failed } = view
    document.getElementById('who')!.textContent = short(peerId)
    const running = `${routes.length + leftOut} of ${limits.maxRoutes} routes`
    headLine('Relay', problems, `${running}, ${admitted} admitted since the start.`)
    fill('problems', problems, () => [problemsList(problems)])
    const lines = [
      { name: 'Towards clients', values: history.down, look: 0 },
      { name: 'Towards sources', values: history.up, look: 1 }
    ]
    const options = { label: 'Rates', seconds, format: formatRate }
    fill('rates', history, () => [chart(lines, options)])
    fill('limits', [limits, view.downBytesPerSecond, view.heldBytes, routes.length], () => [limitsOf(view)])
    fill('refused', [refused, failed], () => [notServed(view)])
    fill('routes', routes, () => [
      routesOf(view),
      ...(leftOut > 0 ? [element('p', 'faint', `${leftOut} more that bring less are not shown.`)] : [])
    ])
  }
}
