import { toHex } from '../protocol/bytes.ts'
import type { Receipt } from '../protocol/receipt.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { AccountStore, dayName, type KeptReceipt } from './account-store.ts'
import { ACCOUNT_LIMITS } from './limits.ts'
import type { UsageLedger } from './usage-ledger.ts'
import { dayNumber, UsageTally } from './usage-tally.ts'

export interface AccountsOptions {
  /** The file, which is made where there is none. */
  path: string
  /** Takes the reason for which the accounts cannot be written, once until they can be again. */
  onProblem(error: Error): void
  /** The time by the calendar, in milliseconds since 1970, UTC. Default: Date.now. */
  utcMs?: () => number
  scheduler?: Scheduler
}

/** Keeps a relay's accounts, in memory and every few seconds in a file. A file that cannot be used stops nothing. */
export class RelayAccounts implements UsageLedger {
  readonly #options: AccountsOptions
  readonly #scheduler: Scheduler
  readonly #utcMs: () => number
  readonly #tally = new UsageTally()
  /** The latest receipts of each stream that are not written yet. */
  readonly #receipts = new Map<string, KeptReceipt>()
  #store: AccountStore | undefined
  #isTold = false
  #cancelWrite: () => void = () => {}

  constructor(options: AccountsOptions) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#utcMs = options.utcMs ?? Date.now
  }

  start(): void {
    this.#cancelWrite = this.#scheduler.after(ACCOUNT_LIMITS.writeIntervalMs, () => {
      this.write()
      this.start()
    })
  }

  /** Writes what is left, and closes the file. */
  stop(): void {
    this.#cancelWrite()
    this.write()
    this.#close()
  }

  add(bytes: number, peerId: string, sessionId: string, nowMs: number): void {
    this.#tally.add(bytes, peerId, sessionId, nowMs)
  }

  /** Takes a receipt whose signature fits. */
  received({ sessionId, route, opening, client, bytes }: Receipt, signed: Uint8Array): void {
    const kept = { sessionId: toHex(sessionId), route, opening, client, bytes, signed }
    this.#receipts.set(`${kept.sessionId} ${route} ${opening} ${client}`, kept)
  }

  usedSince(dayStartMs: number): number {
    const firstDay = dayNumber(dayStartMs)
    const written = this.#tryStore(store => store.usageSince(dayName(firstDay)).bytes) ?? 0
    const waiting = this.#tally.rows.filter(({ day }) => day >= firstDay)
    return waiting.reduce((sum, { bytes }) => sum + bytes, written)
  }

  /** Writes what has come up since the last time. */
  write(): void {
    const usage = this.#tally.rows
    const receipts = [...this.#receipts.values()]
    const rows = usage.length + receipts.length
    if (rows === 0) return
    const isWritten = this.#tryStore(store => {
      store.write(usage, receipts, dayNumber(this.#utcMs()))
      return true
    })
    if (!isWritten && rows <= ACCOUNT_LIMITS.maxWaitingRows) return
    this.#tally.clear()
    this.#receipts.clear()
  }

  /** Uses the file. Where that fails it is opened anew the next time: it may have been repaired by then. */
  #tryStore<T>(action: (store: AccountStore) => T): T | undefined {
    try {
      if (this.#store?.isInPlace === false) this.#close()
      this.#store ??= AccountStore.create(this.#options.path)
      const result = action(this.#store)
      this.#isTold = false
      return result
    } catch (error) {
      this.#close()
      if (!this.#isTold) this.#options.onProblem(error as Error)
      this.#isTold = true
      return undefined
    }
  }

  #close(): void {
    this.#store?.close()
    this.#store = undefined
  }
}
