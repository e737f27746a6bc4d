import type { FetchEvent } from '../client/fetch-events.ts'
import { formatBytes, formatDuration } from '../units/units.ts'
import {
  describeBottleneck,
  describeLosses,
  describeRoute,
  describeSource,
  describeSummary,
  describeUplink,
  describeWaiting,
  type FetchedOutput
} from './fetch-view.ts'
import type { Text } from './reporter.ts'

/** The paths that users know to be lost: that another try has failed is no news to them. */
export class LostPaths {
  readonly #told = new Set<string>()

  isNews({ state, relays, source, uplink = '' }: Extract<FetchEvent, { event: 'route' }>): boolean {
    const path = [uplink, ...relays, source].join()
    if (state === 'open') this.#told.delete(path)
    if (state !== 'lost' || this.#told.has(path)) return false
    this.#told.add(path)
    return true
  }
}

/** The text of an event for people, and the verbosity from which on they see it. */
export function describe(
  event: FetchEvent,
  output: FetchedOutput,
  paths: LostPaths
): [text: Text, fromVerbosity: number] {
  switch (event.event) {
    case 'route':
      return [describeRoute(event), paths.isNews(event) ? 0 : 1]
    case 'pattern':
      return [`pattern ${event.pattern} from segment ${event.actual} (predicted ${event.predicted})`, 2]
    case 'reassigned': {
      const { from, to, segments, copy } = event
      return [`${segments} segments ${copy ? 'copied' : 'moved'} from ${from} to ${to}`, 2]
    }
    case 'skipped':
      return [`${formatBytes(event.bytes)} left out, as they would have come too late`, 0]
    case 'delayed': {
      const delay = formatDuration(event.delayMs)
      return [
        event.isOver
          ? `in time again, after a delay of ${delay}`
          : `what comes is ${delay} late and waited for`,
        0
      ]
    }
    case 'sharedBottleneck':
      return [describeBottleneck(event), 1]
    case 'waiting':
      return [describeWaiting(event), 0]
    case 'resumed':
      return [`going on after a wait of ${formatDuration(event.waitedMs)}`, 0]
    case 'again':
      return [`${formatBytes(event.bytes)} of what an earlier run left are wrong and come again`, 0]
    case 'control':
      return [`by hand: ${event.change}`, 0]
    case 'uplink':
      return [describeUplink(event), 0]
    case 'source':
      return [describeSource(event), 0]
    case 'done':
      return [[...describeSummary(event, output), ...describeLosses(event)], 0]
    case 'progress':
      return ['', 0]
  }
}
