import type { FetchSnapshot } from '../client/fetch-control.ts'
import { shortPeer } from '../protocol/peer-word.ts'
import { formatBytes, formatRate } from '../units/units.ts'
import { fetchLine } from './control-view.ts'
import type { RunningDaemon } from './status-asking.ts'
import { padEndToWidth, textWidth } from './text-width.ts'

/** A line for each daemon: role, process id, peer id, what it does, where it listens, its home. */
export function daemonLines(daemons: readonly RunningDaemon[]): string[] {
  const rows = daemons.map(({ role, worker, pid, peerId, content, figures, addresses, home }) => [
    worker === undefined ? role : `${role} ${worker}`,
    String(pid),
    peerId === undefined ? '' : shortPeer(peerId),
    content === undefined ? figuresText(figures) : `${JSON.stringify(content)}, ${figuresText(figures)}`,
    addresses.map(withoutPeer).join(' '),
    home ?? ''
  ])
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => textWidth(row[column]!)))) ?? []
  return rows.map(row =>
    row
      .map((cell, column) => padEndToWidth(cell, widths[column]!))
      .join('  ')
      .trimEnd()
  )
}

/** A line for a fetch, as `client control` has it, with the rate of all its routes. */
export function fetchStatusLine(pid: number, state: FetchSnapshot): string {
  const routes = state.contents.flatMap(content => content.routes)
  const rate = routes.reduce((sum, { rateBytesPerSecond }) => sum + rateBytesPerSecond, 0)
  const over = routes.length === 1 ? 'over 1 route' : `over ${routes.length} routes`
  return `fetch  ${fetchLine(pid, state)}  ${formatRate(rate)} ${over}`
}

/** `{ sessions: 2, forwardedBytes: 3e6 }` -> `sessions 2, forwarded 3.0 MB`. */
export function figuresText(figures: RunningDaemon['figures']): string {
  const parts = Object.entries(figures).map(([name, value]) =>
    name.endsWith('Bytes') ? `${name.slice(0, -'Bytes'.length)} ${formatBytes(value)}` : `${name} ${value}`
  )
  return parts.join(', ')
}

/** The peer id is in a column of its own. */
function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}
