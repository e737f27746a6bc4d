import type { LossCause } from './loss-cause.ts'

/** Facts about a whole fetch; times in ms since its start. */
export interface LossFacts {
  firstByteMs: number | undefined
  /** Time at which the last of the routes had found its rate. */
  atSpeedMs: number | undefined
  /** Time in ms in which the output waited for a segment while later ones were there. */
  waitedMs: number
}

/** The routes that a cause is about, by their letters. */
export interface LossRoutes {
  idle: string[]
  shared: string[]
  /** Routes at their relay's limit, each with that limit. */
  bounds: string[]
}

/** Describes one cause in words, without its size. */
export function describeLosses(cause: LossCause, facts: LossFacts & LossRoutes): string {
  switch (cause) {
    case 'startUp': {
      const steps = [
        facts.firstByteMs === undefined ? '' : `first byte after ${seconds(facts.firstByteMs)}`,
        facts.atSpeedMs === undefined ? '' : `all routes at speed after ${seconds(facts.atSpeedMs)}`
      ].filter(step => step !== '')
      return `start-up${steps.length > 0 ? `: ${steps.join(', ')}` : ''}`
    }
    case 'end':
      return 'the end: routes had nothing left to send while others brought the last segments'
    case 'stalled':
      return 'a route fell silent, or was finding its rate again'
    case 'outage':
      return 'without a route that delivered'
    case 'suspended':
      return 'the process was stopped, or did not get to run'
    case 'paused':
      return 'paused by hand'
    case 'output':
      return 'the output took what was ready too slowly'
    case 'reorder':
      return `reorder wait: memory was full of segments behind a missing one; the output waited for one ${seconds(facts.waitedMs)} in all`
    case 'idle':
      return `without work: ${routes(facts.idle)}`
    case 'credit':
      return 'credit used up while the route could have carried more'
    case 'duplicates':
      return 'segments that came twice'
    case 'sharedBottleneck':
      return `a shared bottleneck: ${routes(facts.shared)} take from each other`
    case 'relayLimit':
      return facts.bounds.length > 0
        ? `a relay's rate limit bounds ${routes(facts.bounds)}; what lies beyond it is not counted`
        : "a relay's rate limit, now and then"
    case 'other':
      return 'routes delivered less than estimated, mostly while they changed'
  }
}

function routes(letters: readonly string[]): string {
  return `${letters.length === 1 ? 'route' : 'routes'} ${letters.join(', ')}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
