import { unrollEvents } from '../../topology/timeline.ts'
import type { LinkChange, LinkState, Topology } from '../../topology/topology.ts'
import type { PlayedChange } from '../event-player.ts'
import { formatMs, formatShare } from '../format.ts'

/** Makes a function that says what a change did: `src-r1 2 Mbit/s`, `r1-cli black hole`, `kill r2`. */
export function eventWords(topology: Topology): (change: PlayedChange) => string {
  return ({ atMs, what }) => {
    const words = [...unrollEvents(topology, atMs + 1)].flatMap(told =>
      told.atMs === atMs && 'link' in told.event
        ? [`${topology.links[told.event.link]!.endpoints.join('-')} ${changeWords(told.event.change)}`]
        : []
    )
    // What a node does is told with its action already, and a trace has no event.
    const isLink = topology.links.some(({ endpoints }) => what.split(' ').includes(endpoints.join('-')))
    return isLink && words.length > 0 ? words.join(', ') : what
  }
}

function changeWords(change: LinkChange): string {
  if ('what' in change) return `${change.kind} ${change.what}`
  if (!('down' in change)) return { down: 'black hole', up: 'carries again', reset: 'reset' }[change.kind]
  const [down, up] = [stateWords(change.down), stateWords(change.up)]
  if (down === up) return down
  return [...(down ? [`down ${down}`] : []), ...(up ? [`up ${up}`] : [])].join(', ')
}

function stateWords({
  rateBytesPerSecond,
  delayMs,
  jitterMs,
  loss,
  queueBytes,
  trace
}: Partial<LinkState>): string {
  return [
    ...(rateBytesPerSecond === undefined ? [] : [rateWords(rateBytesPerSecond)]),
    ...(delayMs === undefined ? [] : [formatMs(delayMs)]),
    ...(jitterMs === undefined ? [] : [`jitter ${formatMs(jitterMs)}`]),
    ...(loss === undefined ? [] : [`loss ${formatShare(loss)}`]),
    ...(queueBytes === undefined ? [] : [`queue ${Math.round(queueBytes / 1000)} kB`]),
    ...(trace === undefined ? [] : [trace])
  ].join(' ')
}

/** A rate of a link: `2 Mbit/s`. */
export function rateWords(bytesPerSecond: number): string {
  const mbit = (bytesPerSecond * 8) / 1e6
  return mbit < 1000
    ? `${Number(mbit.toPrecision(3))} Mbit/s`
    : `${Number((mbit / 1000).toPrecision(3))} Gbit/s`
}
