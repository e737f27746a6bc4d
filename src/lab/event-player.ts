import { setTimeout as delay } from 'node:timers/promises'
import type { LinkNow, Traces } from '../topology/timeline.ts'
import { linkChanges, type NetworkChange, nodeChanges } from '../topology/timeline.ts'
import type { NodeAction, Topology } from '../topology/topology.ts'

/** Longest time in milliseconds for which events are played. */
const LONGEST_MS = 3_600_000

/** A network that takes changes while it runs. */
export interface Playable {
  setLink(link: number, now: LinkNow): Promise<void>
  changeNode(node: string, action: NodeAction): Promise<void>
}

/** A change that was made, and how late it came into force. */
export interface PlayedChange {
  atMs: number
  lateMs: number
  what: string
}

/**
 * Plays a topology's events, late starts and traces on a network until the signal is aborted. `startedAtMs` is the time
 * zero of the events by performance.now(). Returns what was changed, and how late.
 */
export async function playEvents(
  topology: Topology,
  traces: Traces,
  network: Playable,
  startedAtMs: number,
  signal: AbortSignal
): Promise<PlayedChange[]> {
  const played: PlayedChange[] = []
  const at = async (atMs: number, what: string, change: () => Promise<void>) => {
    await until(startedAtMs + atMs, signal)
    if (signal.aborted) return
    await change()
    played.push({ atMs, lateMs: performance.now() - startedAtMs - atMs, what })
  }
  const play = async (changes: Iterable<NetworkChange>) => {
    for (const { atMs, what, links, node } of changes) {
      if (signal.aborted) return
      await at(atMs, what, async () => {
        await Promise.all(links.map(({ link, now }) => network.setLink(link, now)))
        if (node !== undefined) await network.changeNode(node.name, node.action)
      })
    }
  }
  await Promise.all([
    play(linkChanges(topology, traces, LONGEST_MS)),
    play(nodeChanges(topology, LONGEST_MS))
  ])
  return played.toSorted((a, b) => a.atMs - b.atMs)
}

async function until(timeMs: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, timeMs - performance.now()), undefined, { signal }).catch(() => {})
}
