import { routeName } from '../pattern/pattern.ts'
import { CoupledPlanner } from '../planner/coupled-planner.ts'
import { ObservedPlanner } from '../planner/observed-planner.ts'
import type { Pacing } from '../planner/pace.ts'
import type { Planner, PlannerInit } from '../planner/planner.ts'
import { createPlanner, DEFAULT_POLICY } from '../planner/policies/index.ts'
import { RECORD_VERSION, RecordingPlanner } from '../planner/record/recording.ts'
import { type ContentRecord, isLive } from '../protocol/content-record.ts'
import type { Fault } from '../protocol/director-messages.ts'
import type { Extent } from '../protocol/extent.ts'
import { type Scheduler, systemScheduler } from '../scheduler.ts'
import type { OverlayNode } from '../transport/overlay-node.ts'
import type { UplinkSet } from '../transport/uplink-set.ts'
import { type ByteRange, bytesWithin } from './byte-range.ts'
import { DEFAULT_MEMORY_BYTES, DEFAULT_PATIENCE_MS, DEFAULT_ROUTES } from './defaults.ts'
import type { ControlledTransfer } from './fetch-control.ts'
import type { FetchEvent } from './fetch-events.ts'
import type { FetchOptions } from './fetch-options.ts'
import type { TransferTotals } from './fetch-totals.ts'
import type { LiveInit } from './live-edge.ts'
import { cutTo } from './output/cut-sink.ts'
import type { Output } from './output/output.ts'
import type { ByteSink } from './output/output-writer.ts'
import { PathOffers } from './path-offers.ts'
import type { PathTurns } from './path-turns.ts'
import type { GenuineRecord } from './record-check.ts'
import type { RouteMemory } from './route-memory.ts'
import type { RoutePath } from './route-table.ts'
import type { NextSecrets } from './sealed-session.ts'
import { contentBytesWithin } from './segment-memory.ts'
import { TransferRunner } from './transfer-runner.ts'

/** Milliseconds after which all routes join a content that was to come over few of them. */
const ALL_JOIN_AFTER_MS = 500

/** By what a client reaches others: its node, and each of its uplinks where it tells them apart. */
export interface ClientLinks {
  node: OverlayNode
  uplinks?: UplinkSet
}

/** What a client keeps from one fetch for the next. */
export interface ClientMemory {
  routes: RouteMemory
  /** Undefined where routes are not sealed. */
  nextSecrets: NextSecrets | undefined
  /** Chooses the paths of contents that come over few routes. */
  turns: PathTurns
}

/** A range of segments that an output wants. */
export interface WantedRange {
  extent: Extent
  /** The bytes of the content that go to the output; absent for a live content, of which all do. */
  bytes?: ByteRange
  /** Bytes of the content that the output has, wherever they are. */
  hereBytes: number
  /** Bytes that it had and that turned out to be wrong since the range before. */
  againBytes: number
}

/** What a transfer goes by of the options of a fetch. */
export type TransferOptions = Omit<FetchOptions, 'openOutput' | 'name' | 'directors'>

/** Where the bytes of a transfer go. */
type TransferOutput = Pick<ByteSink, 'gatherMs' | 'write'> & Pick<Output, 'proved'>

/** What a transfer is told by the fetch that it is a part of. */
export interface RangeTransferInit {
  /** The paths to sources of the content. */
  paths: RoutePath[]
  /** Whether somebody may yet name other sources of the content. */
  mayHearOfOthers: boolean
  /** Whether it is the first transfer of its fetch: a record is made of that one alone. */
  isFirst: boolean
  /** The content's record as it was signed, where it is known. */
  known?: GenuineRecord
  /** Time at which the fetch began: the times in events count from here. */
  startedAtMs: number
  onComplaint(path: RoutePath, fault: Fault): void
}

/** Carries one range of a content's segments to the output, over routes of its own. */
export class RangeTransfer {
  /** The paths that it may use, for those who hear of others. */
  readonly offers: PathOffers
  readonly #links: ClientLinks
  readonly #isLive: boolean
  readonly #options: TransferOptions
  readonly #record: ContentRecord
  /** Bytes of the wanted ones that the output has where the session counts up to a position of the content. */
  readonly #bytesAt: (position: number) => number
  readonly #startedAtMs: number
  readonly #scheduler: Scheduler
  readonly #planner: ObservedPlanner
  readonly #runner: TransferRunner
  readonly #paths: RoutePath[]
  /** Those that are not offered at once. */
  readonly #others: RoutePath[]
  readonly #turnOver: () => void
  readonly #pace: Pacing | undefined

  constructor(
    links: ClientLinks,
    record: ContentRecord,
    { extent, bytes, hereBytes }: WantedRange,
    output: TransferOutput,
    options: TransferOptions,
    memory: ClientMemory,
    { paths, mayHearOfOthers, isFirst, known, startedAtMs, onComplaint }: RangeTransferInit
  ) {
    const { scheduler = systemScheduler, memoryBytes = DEFAULT_MEMORY_BYTES } = options
    this.#links = links
    this.#isLive = isLive(record)
    this.#options = options
    this.#startedAtMs = startedAtMs
    this.#scheduler = scheduler
    const { latencyMs, isComplete = false, control, cutover, pace = control?.pace } = options
    this.#pace = pace
    const init = {
      extent,
      memoryBytes: contentBytesWithin(memoryBytes, record.segmentBytes),
      ...(this.#isLive && latencyMs !== undefined ? { latencyMs } : {}),
      ...(pace ? { pace } : {}),
      ...(cutover ? { cutover } : {})
    }
    const begunAtMs = isFirst ? startedAtMs : scheduler.nowMs()
    const planner = plannerFor(options, init, isFirst)
    const fair = options.fair === 'coupled' ? new CoupledPlanner(planner) : planner
    this.#planner = this.#observed(fair, init, begunAtMs)
    // A session counts from the content's begin; of what lies there the output may have less, and
    // of what lies behind it may have some.
    this.#bytesAt = position =>
      hereBytes +
      (bytes ? bytesWithin(bytes, 0, position) : position - extent.bytesBetween(0, extent.firstSeq))
    this.#runner = new TransferRunner({
      nodeFor: uplink => nodeFor(links, uplink),
      handshakes: links.node.services.handshakes,
      record,
      ...(known ? { known } : {}),
      extent,
      planner: this.#planner,
      ...(this.#isLive ? { live: liveInit(record, latencyMs, isComplete) } : {}),
      memory: memory.routes,
      nextSecrets: memory.nextSecrets,
      sink: bytes ? cutTo(bytes, extent, output) : output,
      onProved: (...proved) => output.proved?.(...proved),
      maxRoutes: options.routes ?? DEFAULT_ROUTES,
      mayHearOfOthers,
      patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
      startedAtMs,
      onEvent: event =>
        this.#tell(event.event === 'progress' ? { ...event, bytes: this.#bytesAt(event.bytes) } : event),
      onComplaint,
      scheduler
    })
    const segments = extent.lastSeq + 1 - extent.firstSeq
    const turn = options.isOneOfMany
      ? memory.turns.take(paths, { segments, segmentBytes: record.segmentBytes }, id =>
          memory.routes.recall(id, scheduler.nowMs())
        )
      : undefined
    const first = turn?.paths ?? paths
    this.#turnOver = () => turn?.over()
    this.#paths = paths
    this.#others = paths.filter(path => !first.includes(path))
    this.offers = new PathOffers(this.#runner.session, links.uplinks, first)
    this.#record = record
  }

  /** What of a live content the output has, in bytes since its begin. */
  get outputBytes(): number {
    return this.#runner.session.outputBytes
  }

  /** Throws as TransferRunner.run does. */
  async run(): Promise<void> {
    const unwatch = this.#links.uplinks?.watch(change => {
      this.#tell({ event: 'uplink', ...change, atMs: this.#sinceStartMs(this.#scheduler.nowMs()) })
      this.offers.uplinksChanged()
    })
    const cancelOthers = this.#scheduler.after(ALL_JOIN_AFTER_MS, () => {
      if (this.#others.length > 0) this.offers.follow(this.#paths, this.#others)
    })
    const detach = this.#options.control?.attach(this.#controlled())
    try {
      await this.#runner.run(this.#options.signal ?? new AbortController().signal)
    } finally {
      this.#turnOver()
      detach?.()
      cancelOthers()
      unwatch?.()
    }
  }

  /** What came of it, to be asked for once. The time until `nowMs` counts for the transfer, and is attributed to its end. */
  totals(nowMs: number): TransferTotals {
    const { session, wireBytes } = this.#runner
    const { duplicateBytes, outOfSequence } = session.transfer
    const { skippedBytes } = session
    return {
      ...(skippedBytes > 0 ? { skippedBytes } : {}),
      longestStallMs: Math.round(session.longestStallMs),
      duplicateBytes,
      wireBytes,
      outOfSequence,
      routes: session.routeTotals(),
      // How fast a live content comes is not for the routes to say.
      lossAttribution: this.#isLive ? [] : this.#planner.finish(nowMs),
      sharedBottlenecks: this.#planner.sharedBottlenecks.map(routes => routes.map(routeName))
    }
  }

  /** What a control may do and see. */
  #controlled(): ControlledTransfer {
    const { offers } = this
    const { session } = this.#runner
    const { name, sizeBytes } = this.#record
    return {
      get paths() {
        return offers.paths
      },
      steering: session.steering,
      show: () => ({
        name,
        bytes: this.#bytesAt(session.outputBytes),
        isLive: this.#isLive,
        ...(this.#isLive ? {} : { sizeBytes }),
        ...this.#standing(this.#scheduler.nowMs())
      }),
      steer: act => this.#runner.steer(act),
      addPath: path => offers.add(path),
      told: change =>
        this.#tell({ event: 'control', change, atMs: this.#sinceStartMs(this.#scheduler.nowMs()) })
    }
  }

  #standing(nowMs: number) {
    const { session } = this.#runner
    const { rateBytesPerSecond: limit = Number.POSITIVE_INFINITY } = this.#pace ?? {}
    return {
      ...(Number.isFinite(limit) ? { limitBytesPerSecond: limit } : {}),
      elapsedMs: this.#sinceStartMs(nowMs),
      reorderBytes: session.transfer.heldBytes,
      longestStallMs: Math.round(session.longestStallMs),
      // How fast a live content comes is not for the routes to say.
      lossAttribution: this.#isLive ? [] : this.#planner.lossesSoFar(nowMs)
    }
  }

  /** Wraps the planner so that events tell what it finds out about the network. */
  #observed(planner: Planner, init: PlannerInit, begunAtMs: number): ObservedPlanner {
    return new ObservedPlanner(planner, init, begunAtMs, ({ routes, shared }, nowMs) =>
      this.#tell({
        event: 'sharedBottleneck',
        routes: routes.map(routeName),
        shared,
        atMs: this.#sinceStartMs(nowMs)
      })
    )
  }

  #tell(event: FetchEvent): void {
    this.#options.onEvent?.(event)
  }

  #sinceStartMs(nowMs: number): number {
    return Math.round(nowMs - this.#startedAtMs)
  }
}

function liveInit(
  { startedAtMs, frameMs }: ContentRecord,
  latencyMs: number | undefined,
  isComplete: boolean
): LiveInit {
  const isByTime = startedAtMs !== undefined && frameMs !== undefined
  return {
    ...(latencyMs === undefined ? {} : { latencyMs, isComplete }),
    ...(isByTime ? { frames: { startedAtMs, frameMs } } : {})
  }
}

/** The node by whose uplink a route goes; undefined where the uplink is gone. */
function nodeFor({ node, uplinks }: ClientLinks, name: string | undefined): OverlayNode | undefined {
  return name === undefined ? node : uplinks?.now.find(uplink => uplink.name === name)?.node
}

function plannerFor(options: TransferOptions, init: PlannerInit, isRecorded: boolean): Planner {
  const policy = options.policy ?? DEFAULT_POLICY
  const { pattern, redundancy } = options
  const planner = createPlanner(policy, init, {
    ...(pattern ? { pattern } : {}),
    ...(redundancy ? { redundancy } : {})
  })
  if (!options.record || !isRecorded) return planner
  const header = {
    record: RECORD_VERSION,
    policy,
    init,
    ...(pattern ? { pattern: pattern.toString() } : {}),
    ...(redundancy ? { redundancy } : {})
  } as const
  return new RecordingPlanner(planner, header, line => options.record?.(line))
}
