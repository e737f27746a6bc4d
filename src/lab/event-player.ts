import { setTimeout as delay } from 'node:timers/promises'
import type { LinkNow, Traces } from './timeline.ts'
import { networkSlices, unrollEvents } from './timeline.ts'
import type { Topology } from './topology.ts'

/** A run longer than this is beyond what events are played for. */
const LONGEST_MS = 3_600_000

/** What a network can be told while it runs. */
export interface Playable {
  setLink(link: number, now: LinkNow): Promise<void>
  changeNode(node: string, action: 'kill' | 'stop' | 'start'): Promise<void>
}

/** How late a change came into force. */
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
  await Promise.all([
    playLinks(topology, traces, network, at, signal),
    playNodes(topology, network, at, signal)
  ])
  return played.toSorted((a, b) => a.atMs - b.atMs)
}

type At = (atMs: number, what: string, change: () => Promise<void>) => Promise<void>

async function playLinks(
  topology: Topology,
  traces: Traces,
  network: Playable,
  at: At,
  signal: AbortSignal
): Promise<void> {
  let before: LinkNow[] | undefined
  for (const slice of networkSlices(topology, traces, LONGEST_MS)) {
    if (signal.aborted) return
    if (before !== undefined) {
      const changed = slice.links.flatMap((link, index) =>
        JSON.stringify(link) === JSON.stringify(before![index]) ? [] : [index]
      )
      if (changed.length > 0) {
        const names = changed.map(index => topology.links[index]!.endpoints.join('-')).join(' ')
        await at(slice.fromMs, names, async () => {
          await Promise.all(changed.map(index => network.setLink(index, slice.links[index]!)))
        })
      }
    }
    before = slice.links
  }
}

async function playNodes(topology: Topology, network: Playable, at: At, signal: AbortSignal): Promise<void> {
  const late = topology.nodes
    .filter(node => node.startAtMs !== undefined)
    .map(node => ({ atMs: node.startAtMs!, node: node.name, action: 'start' as const }))
  const events = unrollEvents(topology, LONGEST_MS).flatMap(({ atMs, event }) =>
    'node' in event ? [{ atMs, node: event.node, action: event.action }] : []
  )
  for (const { atMs, node, action } of [...late, ...events].sort((a, b) => a.atMs - b.atMs)) {
    if (signal.aborted) return
    await at(atMs, `${action} ${node}`, () => network.changeNode(node, action))
  }
}

async function until(timeMs: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, timeMs - performance.now()), undefined, { signal }).catch(() => {})
}
