import type { LinkNow } from '../topology/timeline.ts'
import type { Direction } from '../topology/topology.ts'
import { runCommand, runIp, runShell, runTc } from './command.ts'
import { netemArguments, offloadLines, redirectLines, wireDevice } from './wiring.ts'

/**
 * The part in the middle of links that delays, jitters and loses frames between a link's two wire
 * devices. It is `tc netem`: of the host's kernel where that has sch_netem, else of a user-mode
 * Linux that runs as a box of wires.
 */
export interface DelayBox {
  readonly kind: 'host netem' | 'user-mode Linux'
  /** Connects the wire devices of the box's links; `initial` holds all links. Called once in a lab's life. */
  start(initial: readonly LinkNow[]): Promise<void>
  /** Sets delay, jitter and loss of both directions of one of the box's links. */
  apply(link: number, now: LinkNow): Promise<void>
  /** What the netem of one direction of one of the box's links tells of itself, by `tc -s qdisc show`. */
  statistics(link: number, direction: Direction): Promise<string>
  /**
   * Number of frames so far that were lost because the machine was too slow, and not because the
   * link says so.
   */
  lostFrames(): Promise<number>
}

/** Whether this kernel can do netem in the given namespace. */
export async function hasNetem(namespace: string): Promise<boolean> {
  try {
    await runTc(namespace, ['qdisc add dev lo root netem delay 0ms', 'qdisc del dev lo root'])
    return true
  } catch {
    return false
  }
}

/** Delay box of the host's kernel: netem on the two ends of a veth pair in the middle of each link. */
export class HostNetem implements DelayBox {
  readonly kind = 'host netem'
  readonly #wires: string
  readonly #links: number[]

  constructor(wiresNamespace: string, links: number[]) {
    this.#wires = wiresNamespace
    this.#links = links
  }

  async start(initial: readonly LinkNow[]): Promise<void> {
    const links = this.#links
    const devices = links.flatMap(link => [middle(link, 'down'), middle(link, 'up')])
    await runIp(
      this.#wires,
      links.flatMap(link => [
        `link add ${middle(link, 'down')} type veth peer name ${middle(link, 'up')}`,
        `link set ${middle(link, 'down')} up`,
        `link set ${middle(link, 'up')} up`
      ])
    )
    await runShell(this.#wires, offloadLines(devices))
    await runTc(
      this.#wires,
      links.flatMap(link => [
        ...redirectLines(wireDevice(link, 0), middle(link, 'down')),
        ...redirectLines(middle(link, 'up'), wireDevice(link, 1)),
        ...redirectLines(wireDevice(link, 1), middle(link, 'up')),
        ...redirectLines(middle(link, 'down'), wireDevice(link, 0))
      ])
    )
    for (const link of links) await this.apply(link, initial[link]!)
  }

  async apply(link: number, now: LinkNow): Promise<void> {
    await runTc(
      this.#wires,
      (['down', 'up'] as const).map(
        direction =>
          `qdisc replace dev ${middle(link, direction)} root netem ${netemArguments(now[direction])}`
      )
    )
  }

  async statistics(link: number, direction: Direction): Promise<string> {
    return await runCommand(['tc', '-n', this.#wires, '-s', 'qdisc', 'show', 'dev', middle(link, direction)])
  }

  async lostFrames(): Promise<number> {
    const statistics = await runCommand(['ip', '-n', this.#wires, '-s', '-j', 'link', 'show'])
    return (JSON.parse(statistics) as { ifname: string; stats64: { rx: { dropped: number } } }[])
      .filter(device => device.ifname.startsWith('d'))
      .reduce((sum, device) => sum + device.stats64.rx.dropped, 0)
  }
}

/** The device of the middle pair that one direction's frames enter; they come out of the other device. */
function middle(link: number, direction: Direction): string {
  return `d${link}${direction === 'down' ? 'a' : 'b'}`
}
