import { WireStatus } from '../errors.ts'
import { formatBytes, formatDuration } from '../units/units.ts'
import type { Refusal } from './admission.ts'
import type { RelayLimits } from './limits.ts'
import type { UsageLedger } from './usage-ledger.ts'

const DAY_MS = 86_400_000

/** A day or a month of the UTC calendar, in milliseconds since 1970. */
interface Period {
  startMs: number
  endMs: number
}

/** The day in which a time lies. */
export function dayOf(nowMs: number): Period {
  const startMs = Math.floor(nowMs / DAY_MS) * DAY_MS
  return { startMs, endMs: startMs + DAY_MS }
}

/** The month in which a time lies. */
export function monthOf(nowMs: number): Period {
  let startMs = 0
  for (let month = 0; ; month++) {
    const endMs = startMs + daysIn(1970 + Math.floor(month / 12), month % 12) * DAY_MS
    if (nowMs < endMs) return { startMs, endMs }
    startMs = endMs
  }
}

/**
 * Counts what a relay forwards, in both directions, against what it may forward in a day and a month.
 * Pure: the time is passed in, in milliseconds since 1970, UTC.
 */
export class Allowance {
  readonly #ledger: UsageLedger
  readonly #day: Count
  readonly #month: Count

  constructor(ledger: UsageLedger) {
    this.#ledger = ledger
    this.#day = new Count(ledger, dayOf)
    this.#month = new Count(ledger, monthOf)
  }

  /** Adds bytes that are forwarded for a peer in a session. */
  add(bytes: number, peerId: string, sessionId: string, nowMs: number): void {
    this.#day.add(bytes, nowMs)
    this.#month.add(bytes, nowMs)
    this.#ledger.add(bytes, peerId, sessionId, nowMs)
  }

  /** Bytes that were forwarded in the present day and month. */
  used(nowMs: number): { dayBytes: number; monthBytes: number } {
    return { dayBytes: this.#day.bytes(nowMs), monthBytes: this.#month.bytes(nowMs) }
  }

  /** Returns the reason for which nothing may be forwarded now; undefined while something is left. */
  refusal(
    { maxBytesPerDay, maxBytesPerMonth }: Pick<RelayLimits, 'maxBytesPerDay' | 'maxBytesPerMonth'>,
    nowMs: number
  ): Refusal | undefined {
    // What ends with the month is told first: a day that ends earlier would bring nothing back.
    return (
      refusalOf(this.#month, 'month', maxBytesPerMonth, nowMs) ??
      refusalOf(this.#day, 'day', maxBytesPerDay, nowMs)
    )
  }
}

/** The bytes of the present period; those from before the process's start come from the ledger. */
class Count {
  readonly #ledger: UsageLedger
  readonly #periodOf: (nowMs: number) => Period
  #period: Period = { startMs: 0, endMs: 0 }
  #bytes = 0

  constructor(ledger: UsageLedger, periodOf: (nowMs: number) => Period) {
    this.#ledger = ledger
    this.#periodOf = periodOf
  }

  add(bytes: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#bytes += bytes
  }

  bytes(nowMs: number): number {
    this.#turn(nowMs)
    return this.#bytes
  }

  leftMs(nowMs: number): number {
    this.#turn(nowMs)
    return this.#period.endMs - nowMs
  }

  /** Begins anew where the time is in another period, also an earlier one: clocks are set back. */
  #turn(nowMs: number): void {
    if (nowMs >= this.#period.startMs && nowMs < this.#period.endMs) return
    this.#period = this.#periodOf(nowMs)
    this.#bytes = this.#ledger.usedSince(this.#period.startMs)
  }
}

function refusalOf(
  count: Count,
  name: string,
  maxBytes: number | undefined,
  nowMs: number
): Refusal | undefined {
  if (maxBytes === undefined || count.bytes(nowMs) < maxBytes) return undefined
  const retryAfterMs = Math.ceil(count.leftMs(nowMs))
  return {
    status: WireStatus.allowanceUsed,
    message:
      `The relay has forwarded the ${formatBytes(maxBytes)} that it may in a ${name} (UTC), ` +
      `and goes on in ${formatDuration(retryAfterMs)}`,
    retryAfterMs
  }
}

/** `month` counts from 0. */
function daysIn(year: number, month: number): number {
  if (month === 1) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [3, 5, 8, 10].includes(month) ? 30 : 31
}
