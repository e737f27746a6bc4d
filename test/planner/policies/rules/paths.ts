import { type Pending, type Rule, Subflow } from '../../../../src/planner/policies/rules/rule.ts'

/** Bytes of a packet in these examples. */
export const PACKET_BYTES = 1448

/** A path as papers describe them: round trip in ms, window and what is under way in packets. */
export interface Path {
  rttMs: number
  window: number
  underWay?: number
  deviationMs?: number
}

export function subflowOf({ rttMs, window, underWay = 0, deviationMs = 0 }: Path, route: number): Subflow {
  const windowBytes = window * PACKET_BYTES
  return new Subflow({
    route,
    rttMs,
    deviationMs,
    windowBytes,
    mostBytes: windowBytes,
    underWayBytes: underWay * PACKET_BYTES
  })
}

/** The paths, which have to be given with the least round trip first, as routes 0, 1 and so on. */
export const subflowsOf = (...paths: Path[]): Subflow[] => paths.map(subflowOf)

/** So many packets wait; the send window holds `memory` packets. */
export function pendingOf(segments: number, memory = 1_000, nowMs = 0): Pending {
  return { segments, segmentBytes: PACKET_BYTES, memoryBytes: memory * PACKET_BYTES, nowMs }
}

/** What a rule chooses for the next packets, up to so many. */
export function chosen(rule: Rule, subflows: readonly Subflow[], packets: number): Array<readonly number[]> {
  const groups: Array<readonly number[]> = []
  for (let left = packets; left > 0; left--) {
    const group = rule.next(subflows, pendingOf(left))
    if (group.length === 0) break
    for (const route of group) subflows.find(subflow => subflow.route === route)!.give(PACKET_BYTES)
    groups.push(group)
  }
  return groups
}

/** When the last of these packets is acknowledged, in ms, where the rule is asked at each acknowledgement. */
export function completionMs(rule: Rule, packets: number, paths: readonly Path[]): number {
  const acks: Array<{ atMs: number; path: number }> = []
  let left = packets
  for (let nowMs = 0; ; ) {
    const underWay = (path: number) => acks.filter(ack => ack.path === path && ack.atMs > nowMs).length
    const subflows = paths.map((path, at) => subflowOf({ ...path, underWay: underWay(at) }, at))
    for (const [path] of chosen(rule, subflows, left)) {
      acks.push({ atMs: nowMs + paths[path!]!.rttMs, path: path! })
      left--
    }
    const later = acks.map(({ atMs }) => atMs).filter(atMs => atMs > nowMs)
    if (left === 0) return Math.max(...later)
    nowMs = Math.min(...later)
  }
}
