import type { Traces } from '../topology/timeline.ts'
import type { Direction, LinkState, Topology } from '../topology/topology.ts'
import { traceKey } from '../topology/trace.ts'
import { formatShare } from './format.ts'

/** How many packets a direction of a link let through and lost, whatever its queue dropped. */
export interface LossCount {
  link: string
  direction: Direction
  passed: number
  lost: number
}

/** The directions of links that ever lose packets at random. */
export function lossyDirections(
  topology: Topology,
  traces: Traces
): { link: number; direction: Direction }[] {
  const loses = ({ loss = 0, trace }: Partial<LinkState>) =>
    loss > 0 || (trace !== undefined && traces.get(traceKey(trace))?.losses !== undefined)
  return topology.links.flatMap((link, index) => {
    const changes = topology.events.flatMap(event =>
      'link' in event && event.link === index && event.change.kind === 'set' ? [event.change] : []
    )
    return (['down', 'up'] as const)
      .filter(direction => [link, ...changes].some(state => loses(state[direction])))
      .map(direction => ({ link: index, direction }))
  })
}

/**
 * What a link lost: the packets that entered it, less those that its netem passed, as `tc -s qdisc
 * show` tells. What netem says that it dropped is not that: where it holds packets of a connection
 * merged into one, it drops them together and counts one.
 */
export function countLosses(entered: number, netemText: string): Pick<LossCount, 'passed' | 'lost'> {
  const passed = Number(/Sent \d+ bytes (\d+) pkt/.exec(netemText)?.[1] ?? 0)
  return { passed, lost: Math.max(0, entered - passed) }
}

/** What was passed and lost between two times. */
export function lossesBetween(before: readonly LossCount[], after: readonly LossCount[]): LossCount[] {
  return after.map((count, index) => ({
    ...count,
    passed: count.passed - before[index]!.passed,
    lost: count.lost - before[index]!.lost
  }))
}

/** One sentence on each direction that loses packets, for a reader of the report. */
export function lossNotes(losses: readonly LossCount[]): string[] {
  return losses.map(({ link, direction, passed, lost }) => {
    const all = passed + lost
    return `${link} ${direction} lost ${lost} of ${all} packets: ${formatShare(all > 0 ? lost / all : 0)}`
  })
}
