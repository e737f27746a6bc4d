import { MAX_ROUTES, routeName } from '../pattern/pattern.ts'
import type { NumberRange } from '../pattern/range-set.ts'
import { type ContentRecord, segmentCount } from '../protocol/content-record.ts'
import { extentOf } from '../protocol/extent.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import { isLie } from './content-verdict.ts'
import { DEFAULT_MEMORY_BYTES, DEFAULT_PATIENCE_MS } from './defaults.ts'
import type { FetchEvent, RouteProgress } from './fetch-events.ts'
import type { FetchOptions } from './fetch-options.ts'
import { NO_TRANSFER, type TransferTotals, together } from './fetch-totals.ts'
import { HolderWatch } from './holder-watch.ts'
import { Outage } from './outage.ts'
import type { Output } from './output/output.ts'
import { PartPlan } from './part-plan.ts'
import { type Bringer, MAX_PARTS, MAX_PARTS_OF_HOLDER, type PartUnderway, takePart } from './part-turns.ts'
import {
  type ClientLinks,
  type ClientMemory,
  RangeTransfer,
  type RangeTransferInit
} from './range-transfer.ts'
import { NoRouteError } from './route-errors.ts'
import type { RoutePath } from './route-table.ts'
import { outageEvent } from './session-story.ts'
import { awaitedAfter } from './waiting-reason.ts'

/** Share of the newest 200 ms in a source's rate, 0 to 1. */
const NEWEST_SHARE = 0.1
/** How long a part is waited for without any route, in milliseconds, before others may bring it. */
const PART_PATIENCE_MS = 10_000
/** How long a source from which a part did not come is left alone, in milliseconds. */
const REST_MS = 1_000
/** Least content of a part in memory, in bytes, however many there are at once. */
const LEAST_PART_BYTES = 1024 * 1024
/** Milliseconds between two looks at how the fetch goes. */
const TICK_MS = 200
/** Time in milliseconds that has to be left of a part so that another source is worth to help with it. */
const WORTH_HELP_MS = 500

/** A part on its way. */
interface Part extends PartUnderway {
  holder: Holder
  transfer: RangeTransfer
}

/** A source of the content, or of a part of it. */
interface Holder extends Bringer {
  letter: string
  watch: HolderWatch
  isTold: boolean
  bytes: number
  measuredBytes: number
  restsUntilMs: number
  helps: Part | undefined
}

/**
 * Fetches a content in parts, each by a transfer of its own from a source that has it: from those that have all, and from
 * other clients that have a part so far. Its order is that of PartPlan, so that clients of one content serve each other.
 */
export class Crowd {
  readonly #links: ClientLinks
  readonly #record: ContentRecord
  readonly #output: Output
  readonly #options: FetchOptions
  readonly #memory: ClientMemory
  readonly #init: RangeTransferInit
  readonly #scheduler: Scheduler
  readonly #plan: PartPlan
  readonly #holders = new Map<string, Holder>()
  readonly #parts = new Set<Part>()
  readonly #outage: Outage
  readonly #failed = Promise.withResolvers<never>()
  readonly #done = Promise.withResolvers<void>()
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  #paths: readonly RoutePath[]
  #lastFailure: Error | undefined
  #totals = NO_TRANSFER
  #cancelTick: (() => void) | undefined

  /** The output has to take parts; see Output. */
  constructor(
    links: ClientLinks,
    record: ContentRecord,
    output: Output,
    options: FetchOptions,
    memory: ClientMemory,
    init: RangeTransferInit
  ) {
    this.#links = links
    this.#record = record
    this.#output = output
    this.#options = options
    this.#memory = memory
    this.#init = init
    this.#scheduler = options.scheduler ?? systemScheduler
    const [seed] = crypto.getRandomValues(new Uint32Array(1))
    this.#plan = new PartPlan(segmentCount(record), output.missing!(), seed!)
    this.#outage = new Outage(options.patienceMs ?? DEFAULT_PATIENCE_MS, this.#scheduler.nowMs())
    const signals = [this.#ended.signal, ...(options.signal ? [options.signal] : [])]
    this.#signal = AbortSignal.any(signals)
    this.#paths = init.paths
    this.#failed.promise.catch(() => {})
  }

  /** What has come of it so far. */
  get totals(): TransferTotals {
    return this.#totals
  }

  /** Takes the director's word on which paths lead to sources of the content. */
  follow(paths: readonly RoutePath[]): void {
    if (paths.length === 0) return
    this.#paths = paths
    const bySource = Map.groupBy(paths, ({ source }) => source.peerId)
    for (const [id, holder] of this.#holders)
      if (!bySource.has(id)) this.#leave(holder, 'it is not named any more')
    for (const [id, ways] of bySource) {
      const known = this.#holders.get(id)
      if (known) known.watch.paths = ways
      else this.#join(id, ways)
    }
  }

  /** Resolves when the output has everything. Throws NoRouteError, what the output throws, and the signal's reason. */
  async run(): Promise<void> {
    const { signal } = this.#options
    const onAbort = () => this.#failed.reject(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    try {
      signal?.throwIfAborted()
      if (this.#plan.isDone) return
      this.follow(this.#paths)
      this.#tick()
      await Promise.race([this.#done.promise, this.#failed.promise])
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#cancelTick?.()
      this.#ended.abort(new NoRouteError('the fetch is over'))
      for (const { watch } of this.#holders.values()) watch.stop()
      this.#tellProgress()
    }
  }

  #join(id: string, paths: RoutePath[]): void {
    const watch = new HolderWatch(paths, {
      links: this.#links,
      memory: this.#memory,
      record: this.#record,
      scheduler: this.#scheduler,
      onParts: (ranges, coming) => {
        const holder = this.#holders.get(id)!
        if (!holder.isTold) this.#tell({ event: 'source', source: id, state: 'joined', reason: '' })
        holder.isTold = true
        this.#plan.told(id, ranges, coming)
        this.#fill()
      },
      onLost: reason => this.#lost(id, reason)
    })
    const letter = routeName(this.#holders.size % MAX_ROUTES)
    const idle = { rateBytesPerSecond: 0, bytes: 0, measuredBytes: 0, restsUntilMs: 0, helps: undefined }
    this.#holders.set(id, { id, letter, watch, isTold: false, ...idle })
  }

  #lost(id: string, reason: Error): void {
    this.#lastFailure = reason
    this.#plan.left(id)
    const holder = this.#holders.get(id)
    if (holder?.isTold) this.#tell({ event: 'source', source: id, state: 'left', reason: reason.message })
    if (holder) holder.isTold = false
  }

  #leave(holder: Holder, reason: string): void {
    this.#lost(holder.id, new NoRouteError(reason))
    holder.watch.stop()
    this.#holders.delete(holder.id)
  }

  /** Has sources bring what they can, and those help that have nothing else to bring. */
  #fill(): void {
    const nowMs = this.#scheduler.nowMs()
    const ready = [...this.#holders.values()].filter(holder => nowMs >= holder.restsUntilMs && !holder.helps)
    const { segmentBytes } = this.#record
    while (!this.#signal.aborted) {
      const taken = takePart(this.#plan, ready, [...this.#parts], segmentBytes)
      if (!taken) break
      void this.#bring(taken.holder, taken.range)
    }
    if (this.#parts.size >= MAX_PARTS) return
    for (const holder of ready) if (!this.#isBusy(holder)) this.#help(holder)
  }

  #isBusy(holder: Holder): boolean {
    return [...this.#parts].some(part => part.holder === holder)
  }

  async #bring(holder: Holder, range: NumberRange): Promise<void> {
    const part = this.#begin(holder, range)
    this.#options.crowd?.onComing?.(this.#plan.coming)
    try {
      await part.transfer.run()
    } catch (error) {
      this.#lastFailure = error as Error
      holder.restsUntilMs = this.#scheduler.nowMs() + REST_MS
      if (isLie(error as Error)) this.#leave(holder, (error as Error).message)
    }
    this.#parts.delete(part)
    this.#plan.putBack(range)
    for (const other of this.#holders.values()) if (other.helps === part) other.helps = undefined
    this.#count(part)
    this.#options.crowd?.onComing?.(this.#plan.coming)
    if (this.#plan.isDone) this.#done.resolve()
    else this.#fill()
  }

  #begin(holder: Holder, range: NumberRange): Part {
    const sink = this.#output.part!(range)
    const { memoryBytes = DEFAULT_MEMORY_BYTES } = this.#options
    const shares = Math.min(MAX_PARTS, MAX_PARTS_OF_HOLDER * this.#holders.size)
    const output = {
      ...(sink.gatherMs === undefined ? {} : { gatherMs: sink.gatherMs }),
      proved: (...proved: [number, Uint8Array, Uint8Array]) => this.#output.proved?.(...proved),
      write: async (chunks: Uint8Array[]) => {
        await sink.write(chunks).catch(error => {
          this.#failed.reject(error)
          throw error
        })
        this.#came(part, chunks.length)
      }
    }
    const options = {
      ...this.#options,
      memoryBytes: Math.max(LEAST_PART_BYTES, memoryBytes / shares),
      patienceMs: PART_PATIENCE_MS,
      signal: this.#signal,
      onEvent: () => {}
    }
    const wanted = { extent: extentOf(this.#record, range.from, range.to), hereBytes: 0, againBytes: 0 }
    const init = { ...this.#init, paths: [...holder.watch.paths], mayHearOfOthers: false, isFirst: false }
    const transfer = new RangeTransfer(this.#links, this.#record, wanted, output, options, this.#memory, init)
    const part = { holder, range, next: range.from, transfer }
    this.#parts.add(part)
    return part
  }

  #came(part: Part, segments: number): void {
    const { holder, next } = part
    part.next += segments
    holder.bytes += extentOf(this.#record).bytesBetween(next, part.next)
    this.#plan.came({ from: next, to: part.next })
    this.#fill()
  }

  /** Has a source that has nothing else to bring help with what comes last from another one. */
  #help(holder: Holder): void {
    const leftMs = ({ range, next, holder: { rateBytesPerSecond: rate } }: Part) =>
      rate > 0 ? (((range.to - next) * this.#record.segmentBytes) / rate) * 1_000 : Number.POSITIVE_INFINITY
    const [last] = [...this.#parts]
      .filter(({ range: { to }, next }) => to - next > 1 && this.#plan.has(holder.id, { from: next, to }))
      .sort((a, b) => leftMs(b) - leftMs(a))
    if (!last || leftMs(last) < WORTH_HELP_MS) return
    holder.helps = last
    const paths = [...holder.watch.paths]
    last.transfer.offers.follow([...last.holder.watch.paths, ...paths], paths)
  }

  /** Adds what came of a part, each source's routes under one letter. */
  #count({ transfer }: Part): void {
    const { routes, ...rest } = transfer.totals(this.#scheduler.nowMs())
    for (const route of Object.values(routes)) {
      const letter = this.#holders.get(route.source)?.letter ?? routeName(MAX_ROUTES - 1)
      this.#totals = together(this.#totals, { ...NO_TRANSFER, routes: { [letter]: route } })
    }
    this.#totals = together(this.#totals, { ...rest, lossAttribution: [], routes: {} })
  }

  #tick(): void {
    this.#cancelTick = this.#scheduler.after(TICK_MS, () => this.#tick())
    for (const holder of this.#holders.values()) this.#measure(holder)
    this.#fill()
    this.#tellProgress()
    const reason = this.#lastFailure?.message ?? 'nobody who can be reached has what is missing'
    const told = this.#outage.step(this.#parts.size > 0, reason, this.#scheduler.nowMs())
    if (told)
      this.#options.onEvent?.(outageEvent(told, awaitedAfter(this.#lastFailure, 'source'), this.#atMs))
    if (this.#outage.isTooLong) this.#failed.reject(new NoRouteError(reason, this.#lastFailure))
  }

  /** Counts what a source has brought since the last tick. A source from which nothing is wanted keeps its rate. */
  #measure(holder: Holder): void {
    const rate = ((holder.bytes - holder.measuredBytes) * 1_000) / TICK_MS
    if (this.#isBusy(holder)) holder.rateBytesPerSecond += (rate - holder.rateBytesPerSecond) * NEWEST_SHARE
    holder.measuredBytes = holder.bytes
  }

  #tellProgress(): void {
    const missing = this.#output.missing!()
    const extent = extentOf(this.#record)
    const missingBytes = missing.reduce((sum, { from, to }) => sum + extent.bytesBetween(from, to), 0)
    const holders = [...this.#holders.values()].filter(({ isTold }) => isTold)
    const rate = holders.reduce((sum, { rateBytesPerSecond }) => sum + rateBytesPerSecond, 0)
    const rows = holders.map(({ letter, bytes, rateBytesPerSecond }): [string, RouteProgress] => [
      letter,
      {
        bytes,
        rateBytesPerSecond: Math.round(rateBytesPerSecond),
        weight: rate > 0 ? rateBytesPerSecond / rate : 0,
        state: 'open',
        rttMs: 0,
        queueMs: 0,
        lossWaitMs: 0
      }
    ])
    const bytes = this.#record.sizeBytes - missingBytes
    this.#tell({ event: 'progress', bytes, reorderBytes: 0, routes: Object.fromEntries(rows) })
  }

  get #atMs(): number {
    return Math.round(this.#scheduler.nowMs() - this.#init.startedAtMs)
  }

  #tell(
    event:
      | Omit<Extract<FetchEvent, { event: 'source' }>, 'atMs'>
      | Omit<Extract<FetchEvent, { event: 'progress' }>, 'atMs'>
  ): void {
    this.#options.onEvent?.({ ...event, atMs: this.#atMs })
  }
}
