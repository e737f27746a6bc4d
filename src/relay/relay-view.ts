import { statusWord } from '../protocol/status-word.ts'
import type { RelayLimits } from './limits.ts'
import type { RouteCoreStats } from './route-action.ts'

/** How a relay stands at one moment, as its operator sees it. Counts are since its start. */
export interface RelayView {
  /** Why it takes no routes now, such as `stopping`; absent while it takes them. */
  takesNone?: string
  /** Frames sent towards clients, and towards sources, in bytes. */
  downBytes: number
  upBytes: number
  /** Frames that wait here in both directions, with what holding them costs, in bytes. */
  heldBytes: number
  /** Routes admitted. */
  admitted: number
  /** Routes that were not admitted, the most frequent reason first. */
  refused: ReasonCount[]
  /** Routes that were admitted and did not end in order. */
  failed: ReasonCount[]
  limits: RelayLimitsView
  /** The routes that run. */
  routes: RelayRouteView[]
}

/** The limits that hold now; those that are not set are absent. */
export interface RelayLimitsView {
  maxRoutes: number
  maxRoutesPerPeer: number
  maxHeldBytes: number
  maxRateBytesPerSecond?: number
  maxRouteRateBytesPerSecond?: number
  /** Bytes in both directions of a day and a month (UTC), and what is left of them now. */
  day?: { maxBytes: number; leftBytes: number }
  month?: { maxBytes: number; leftBytes: number }
}

/** One route that runs over a relay. */
export interface RelayRouteView {
  /** The node that asked for it: a client, or the relay before this one. */
  peerId: string
  /** The node to which it leads on. */
  nextHop: string
  /** Hex; the same for all routes of one fetch. */
  sessionId: string
  /** Its letter in the client's patterns. */
  letter: string
  pattern?: string
  /** Frames sent towards the client, and towards the source, in bytes. */
  downBytes: number
  upBytes: number
  /** Frames that wait for the client, in bytes. */
  queuedBytes: number
}

/** How often something did not come about for one reason. */
export interface ReasonCount {
  /** A word such as `refused_rate`. */
  reason: string
  count: number
  /** What the last peer was told, which peer that was, and when, in milliseconds since 1970. */
  message: string
  peerId: string
  atMs: number
}

/** What a relay tells of itself. */
export interface ViewedRelay {
  readonly limits: RelayLimits
  readonly stats: { admitted: number; bytesForwarded: number; bytesUp: number; heldBytes: number }
  readonly used: { dayBytes: number; monthBytes: number }
  readonly takesNone: string | undefined
  readonly sessions: readonly (RouteCoreStats & { peerId: string; bytesUp: number })[]
}

/** What a relay tells of a route that did not come about, or failed. */
export interface Fault {
  status: number
  message: string
  peerId: string
}

/** Counts by their reasons which routes a relay did not serve, and makes its view. Pure. */
export class RelayWatch {
  readonly #refused = new Map<string, ReasonCount>()
  readonly #failed = new Map<string, ReasonCount>()

  /** `atMs`: milliseconds since 1970. */
  refused(fault: Fault, atMs: number): void {
    count(this.#refused, fault, atMs)
  }

  failed(fault: Fault, atMs: number): void {
    count(this.#failed, fault, atMs)
  }

  view({ limits, stats, used, takesNone, sessions }: ViewedRelay): RelayView {
    return {
      ...(takesNone === undefined ? {} : { takesNone }),
      downBytes: stats.bytesForwarded,
      upBytes: stats.bytesUp,
      heldBytes: stats.heldBytes,
      admitted: stats.admitted,
      refused: mostFirst(this.#refused),
      failed: mostFirst(this.#failed),
      limits: limitsView(limits, used),
      routes: sessions.map(
        ({ peerId, nextHop, sessionId, route, pattern, bytesDown, bytesUp, queuedBytes }) => ({
          ...{ peerId, nextHop, sessionId, letter: route },
          ...(pattern === undefined ? {} : { pattern }),
          ...{ downBytes: bytesDown, upBytes: bytesUp, queuedBytes }
        })
      )
    }
  }
}

function count(counts: Map<string, ReasonCount>, { status, message, peerId }: Fault, atMs: number): void {
  const reason = statusWord(status)
  counts.set(reason, { reason, count: (counts.get(reason)?.count ?? 0) + 1, message, peerId, atMs })
}

function mostFirst(counts: ReadonlyMap<string, ReasonCount>): ReasonCount[] {
  return [...counts.values()].sort((a, b) => b.count - a.count)
}

function limitsView(limits: RelayLimits, { dayBytes, monthBytes }: ViewedRelay['used']): RelayLimitsView {
  const { maxSessions, maxSessionsPerPeer, memoryBytes } = limits
  const { maxRateBytesPerSecond, maxSessionRateBytesPerSecond, maxBytesPerDay, maxBytesPerMonth } = limits
  return {
    ...{ maxRoutes: maxSessions, maxRoutesPerPeer: maxSessionsPerPeer, maxHeldBytes: memoryBytes },
    ...(maxRateBytesPerSecond === undefined ? {} : { maxRateBytesPerSecond }),
    ...(maxSessionRateBytesPerSecond === undefined
      ? {}
      : { maxRouteRateBytesPerSecond: maxSessionRateBytesPerSecond }),
    ...(maxBytesPerDay === undefined ? {} : { day: left(maxBytesPerDay, dayBytes) }),
    ...(maxBytesPerMonth === undefined ? {} : { month: left(maxBytesPerMonth, monthBytes) })
  }
}

function left(maxBytes: number, usedBytes: number) {
  return { maxBytes, leftBytes: Math.max(0, maxBytes - usedBytes) }
}
