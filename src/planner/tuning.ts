import { TICK_MS } from './planner.ts'

/**
 * Every number by which the adaptive policy and its estimators decide, grouped by the mechanism that reads it. A
 * policy is given one set of them; `BULK` is the default. Times are in ms; a `Ratio` or `Share` has no unit. The
 * words (such as gap, silence, loop) are those of the glossary in docs/glossary.md.
 */
export interface Tuning {
  queue: QueueTuning
  samples: SampleTuning
  capacity: CapacityTuning
  memory: MemoryTuning
  lossWait: LossWaitTuning
  window: WindowTuning
  lanes: LaneTuning
  start: StartTuning
  silence: SilenceTuning
  moves: MoveTuning
  testBlocks: TestBlockTuning
}

/** `TransitQueue`: how much of a segment's transit is queue. */
export interface QueueTuning {
  /**
   * The least transit is the least of about this time, in ms. Forever, and a longer path or a drifting clock
   * would look like a queue.
   */
  baseMemoryMs: number
  /**
   * A transit within this many ms of the least confirms it. Smaller, and a path with some noise would be
   * drained without need.
   */
  confirmingMs: number
  /**
   * A queue stands if it was seen over this time, in ms, at least. Shorter, and one late segment would pass
   * for a queue.
   */
  standingMs: number
  /**
   * Share by which each arrival moves the smoothed queue. Larger, and the queue that is reported follows
   * every burst.
   */
  smoothing: number
  /**
   * Share of the smoothed queue that is left after a tick in which the route carries nothing: else it would
   * keep its last queue.
   */
  idleFading: number
  /**
   * Transits of a busy route spread over this many ms anyway. The estimator counts as jitter only what is
   * more.
   */
  usualJitterMs: number
  /**
   * Jitter counts for at most this many ms, so that a single outage does not let the window grow for seconds.
   */
  maxJitterMs: number
  /**
   * Share by which each tick moves the jitter. Larger, and one burst of a busy node would be taken for the
   * route's habit.
   */
  jitterSmoothing: number
  /**
   * A queue of at most this many ms is noise. The estimator then takes a sample for a lower bound, and the
   * window may probe.
   */
  noQueueMs: number
}

/** `RouteEstimator`: how arrivals become a sample of the delivery rate. */
export interface SampleTuning {
  /** A busy node may add this many ms to the time in which a test block arrives; they are taken off again. */
  blockNoiseMs: number
  /** A sample spans at least this many ms. Shorter, and bursts of one hop pass for its rate. */
  leastSpanMs: number
  /** A sample spans at most this many ms, so that a slow route's estimate follows a change at all. */
  mostSpanMs: number
  /**
   * A sample spans at least this many segments where the time allows, for the same reason as `leastSpanMs`.
   */
  leastSegments: number
  /**
   * Segments closer than this share of one segment's time came at once: a sample begins behind them, for they
   * were sent before it.
   */
  bunchRatio: number
  /**
   * A sample counts as at least this many ms long: a busy node reads at once what came one after the other.
   */
  burstMs: number
  /**
   * A sample of fewer than `leastSegments`, or a surge, counts as at least this many ms long, for the same
   * reason.
   */
  fewSegmentsMs: number
  /**
   * Silence lowers a sample once it is longer than this many segments take, and `silentMs`: the next one may
   * just be due.
   */
  silentSegments: number
  /** Silence has to last this many ms besides `silentSegments`, which the timing of a busy node may add. */
  silentMs: number
}

/** `RouteEstimator`: how samples become the capacity. */
export interface CapacityTuning {
  /**
   * A round trip counts as at least this many ms where it turns bytes into a first guess: on a LAN the guess
   * would be absurd.
   */
  leastRttMs: number
  /** A sample whose ratio to the estimate differs from 1 by more than this deviates. */
  changeRatio: number
  /**
   * This many deviating samples in a row are a change of the route and are believed at once; fewer are noise.
   */
  changeSamples: number
  /**
   * Each of this many ms of jitter asks for one more deviating sample: a jittery route deviates without a
   * change.
   */
  jitterMsPerSample: number
  /**
   * Samples are smoothed over this many ms. Shorter, and the weights follow noise; longer, and they lag
   * behind the route.
   */
  smoothingMs: number
  /**
   * Just after probing samples are smoothed over this many ms: the highest sample of the probing has to be
   * corrected soon.
   */
  leastSmoothingMs: number
  /**
   * A route without a queue that delivers more than this share of its estimate may carry more: see `raise`.
   */
  keptRatio: number
  /**
   * Share by which such a route's estimate is raised each loop. Without it a share that is too small would
   * confirm itself.
   */
  raise: number
  /**
   * After a fall of the rate the estimate is bounded by what has arrived since, once this many ms have
   * passed.
   */
  boundAfterMs: number
  /**
   * One change raises the estimate to at most this many times itself: a hop that lets go of what it held back
   * is faster for a moment.
   */
  mostJump: number
  /**
   * A tick counts for at most this many ms in smoothing, so that a process that was held up does not forget
   * all at once.
   */
  mostTickMs: number
  /**
   * A surge is this many segments without a queue at `surgeRatio` times the estimate: the route has become
   * faster.
   */
  surgeSegments: number
  /** See `surgeSegments`. Smaller, and a burst would start probing. */
  surgeRatio: number
}

/** `RouteEstimator`: what it remembers of a route that delivered, so that a silence costs no new start. */
export interface MemoryTuning {
  /**
   * A gap longer than this many ms may have been one lost packet or a pause: the estimator looks for a
   * comeback behind it.
   */
  longGapMs: number
  /**
   * A comeback has to show within this many ms of the gap's end. Later, the route is taken for what it seems
   * to be.
   */
  comebackMs: number
  /**
   * A comeback brings this share of what the route carried before. It also says when a surge is back at the
   * best.
   */
  comebackRatio: number
  /**
   * A comeback brings at least this many segments. Fewer say nothing: what the route owed may have moved to
   * others meanwhile.
   */
  comebackSegments: number
  /**
   * The best of a route is remembered for this many ms. Longer, and a route would be trusted with what it was
   * minutes ago.
   */
  bestMemoryMs: number
  /**
   * The best is kept up to date while the route carries this share of it, so that it is not forgotten at full
   * speed.
   */
  bestRatio: number
  /**
   * The longest gap fades with this time constant in ms. Shorter, and a jittery route would be late again and
   * again.
   */
  gapMemoryMs: number
  /**
   * A route's usual gap counts for at most this many ms before the route is late: longer ones would make
   * failures invisible.
   */
  maxUsualGapMs: number
  /**
   * Or for at most this many round trips, where these are longer: a lost packet is repaired after more than one.
   */
  usualGapRoundTrips: number
}

/** `LossWait`: how much more is kept under way for lost packets. */
export interface LossWaitTuning {
  /** A gap is looked at if it is longer than this many ms: shorter ones are pacing. */
  leastGapMs: number
  /**
   * A gap is looked at if it is longer than this many segments take, too: a slow route's segments lie far
   * apart anyway.
   */
  leastGapSegments: number
  /**
   * The segment behind the gap was under way longer by this share of it. Otherwise nothing was sent, and
   * nothing waited.
   */
  waitedRatio: number
  /** A loss on the last hop is followed by a bunch of this many segments at least. */
  bunchSegments: number
  /**
   * That bunch also holds this share of what the gap would have brought. Less, and the rest was never under
   * way.
   */
  bunchRatio: number
  /** That bunch is here within this many ms. Longer, and an ordinary burst would count. */
  bunchMs: number
  /** A loss on an earlier hop makes a gap of more than this many ms. Shorter ones may be a busy node. */
  leastPacedGapMs: number
  /** Such a gap is also longer than this many segments take, for the same reason on slow routes. */
  leastPacedGapSegments: number
  /** What follows such a gap is judged once this many segments are here. */
  paceSegments: number
  /**
   * They have this share of the pace before the gap. Less, and the route has become slower and lost nothing.
   */
  paceRatio: number
  /**
   * A single wait counts for at most this many ms: a full queue may have dropped the packet, and more under
   * way would overflow it again.
   */
  maxSingleMs: number
  /**
   * This many waits within `lossyMs` are a path that loses packets in any case: then up to `mostRoundTrips`
   * count.
   */
  lossyCount: number
  /**
   * Time in ms within which `lossyCount` waits have to come. Longer, and rare losses of a clean path would
   * add up.
   */
  lossyMs: number
  /**
   * This many waits told by relays (`held`) within `heldMs` are such a path, too. One may be a full queue.
   */
  heldCount: number
  /**
   * Time in ms within which `heldCount` of them have to come: clean paths never showed two within a second.
   */
  heldMs: number
  /** Each `held` from the `heldCount`th on adds this many ms. More at once overflows queues. */
  heldStepMs: number
  /**
   * The wait kept decays with this time constant in ms. Shorter, and the route runs dry at each loss; longer,
   * and a queue stays.
   */
  memoryMs: number
  /**
   * The wait is at most this many round trips: a retransmission can be lost, too, and BBR leaves its STARTUP only
   * while it has data waiting.
   */
  mostRoundTrips: number
  /**
   * The bound by round trips is at least this many ms: on a short path a retransmission takes longer than the
   * round trip.
   */
  leastMostMs: number
  /** The wait is never more than this many ms, so that a far route's queue stays bearable. */
  mostMs: number
  /**
   * Waits count from this many loops after the first probing on: before, the route's own transport pauses
   * after each burst.
   */
  settlingLoops: number
  /**
   * A wait behind a queue this many ms longer than the wait kept so far counts for nothing: that queue was
   * full and dropped the packet.
   */
  fullQueueMs: number
}

/** `RouteWindow`: how much may be under way on a route. */
export interface WindowTuning {
  /**
   * Segments that a route may have under way before anything is known of it. More, and a trickle holds them
   * for seconds.
   */
  initialSegments: number
  /** The first window is at least this many bytes, where segments are small. */
  leastFirstBytes: number
  /**
   * If the test block arrives fast, the first window grows to (rtt + this many ms) x the rate that it shows.
   */
  trustedQueueMs: number
  /** The first window grows to at most this many times itself: one small block proves no more. */
  trustedWindows: number
  /**
   * The first window of a route whose rate is known from an earlier fetch is at most this many times that of another:
   * the rate may be out of date.
   */
  knownWindows: number
  /**
   * Standing queue, in ms, to which a busy route is steered: enough that it never runs dry, little enough to
   * leave soon.
   */
  targetQueueMs: number
  /**
   * The window is drained when the least transit has not been confirmed for this many ms: else a standing
   * queue would become the base.
   */
  drainIntervalMs: number
  /**
   * While probing the window is at most this many times what the rate seen so far keeps under way. More
   * overflows queues.
   */
  probingGain: number
  /**
   * Probing goes on while the capacity grows by this ratio within `growthLoops`: beyond that a transport is
   * full.
   */
  growthRatio: number
  /** Probing ends after this many loops without such growth, even if no queue is seen. */
  growthLoops: number
  /** Growth is waited for this many ms at least: a short loop brings too few segments to tell. */
  leastGrowthMs: number
  /**
   * An order waits up to this many ms for the client's tick: half of it, on average, has to be under way
   * besides.
   */
  tickAllowanceMs: number
  /**
   * Least gain, the factor by which the standing queue corrects the window: below it a route would run dry on
   * one odd sample.
   */
  minGain: number
  /** Largest gain: what a path hides (jitter, other traffic) has an end, and queues overflow. */
  maxGain: number
  /** Share by which the gain moves each loop at the largest error. Larger, and it swings. */
  gainStep: number
  /**
   * Share of the way to what is needed that the window goes each tick: one odd sample must not empty the
   * route.
   */
  approachShare: number
  /**
   * The window is never below this many segments: with one, the route would idle for a round trip after each.
   */
  leastSegments: number
  /** A route that uses up its credit without a queue for this many loops is probed again. */
  emptyLoops: number
}

/** Lanes and the adaptive policy: how far routes are given work, and when the pattern changes. */
export interface LaneTuning {
  /**
   * A route owes this many ms more than loop, waits, queue and ticks need: an order that comes late must not
   * leave it idle.
   */
  marginMs: number
  /**
   * Longest steady pattern, in elements: longer ones follow the weights better but every route and relay has
   * to read them.
   */
  maxPattern: number
  /** The shortest pattern whose shares are within this ratio of the capacities is taken. */
  patternErrorRatio: number
  /**
   * The lanes' predicted ends may differ by this many ms more than they usually do before the pattern
   * changes: each change costs an order.
   */
  hysteresisMs: number
  /** Longest correction before a new pattern, and longest extension at once, in segments. */
  maxPrefix: number
  /** A route below this share of the whole capacity gets nothing: its segments would hold up the output. */
  worthlessShare: number
  /** A route whose loop is this many ms longer than the best one's gets nothing, for the same reason. */
  worthlessExtraMs: number
  /**
   * Such a route still gets segments if its loop is within this many times the best: where all are slow,
   * seconds are no difference.
   */
  worthlessRatio: number
  /**
   * With redundancy, a route in use counts as this many times its cost, so that copies do not change routes
   * for nothing.
   */
  keptRouteRatio: number
}

/** The adaptive policy, before routes are known. */
export interface StartTuning {
  /**
   * A route carries first segments if the director's estimate of it is within this many times that of the
   * best; others are measured first.
   */
  costRatio: number
  /**
   * A route carries first segments, too, if that estimate is at most this many ms above the best: near routes
   * differ by ratios that mean nothing.
   */
  costSlackMs: number
  /**
   * First segments of a content of at most so many go over the route whose source could be asked first, and over
   * others once these are open: a short content is through before a farther route brings what it was given.
   */
  shortSegments: number
  /**
   * A route that has been open for less than this many ms and still probes is not relieved: its estimate
   * grows each loop.
   */
  youngMs: number
}

/** The adaptive policy and its lanes: what a route's silence means. */
export interface SilenceTuning {
  /** The next segment is expected within this many segments' time. The silence begins after that. */
  usualSegments: number
  /**
   * The first segment of a route is expected within this many loops, for an order has to get there and its
   * segment back.
   */
  firstLoops: number
  /**
   * A route silent for longer than this many ms, and than its usual gap, is late. Shorter, and every jitter
   * would be.
   */
  lateMs: number
  /**
   * A late route silent for longer than this many ms is parked, where another is open. Alone it may just be
   * slow.
   */
  parkMs: number
  /** Nor is it parked before this many of its usual gaps, as long as these have become. */
  parkGaps: number
  /**
   * For this many ms after a late route recovers it rescues no other late route, and its own segments are not copied:
   * both may share one cause, and its estimate has not recovered.
   */
  recoveryMs: number
  /**
   * Decisions more than this many ms apart mean that the process was held up: what came meanwhile is unread,
   * and silence says nothing.
   */
  blindMs: number
  /** A route that owes nothing and has brought nothing for a loop and this many ms has nothing under way. */
  settleMs: number
}

/** The adaptive policy: when a segment changes route, or travels twice. */
export interface MoveTuning {
  /** An unsent segment moves if that brings it this many ms sooner. Smaller, and segments wander on noise. */
  moveGainMs: number
  /**
   * A segment that may have been sent is copied if that brings it this many ms sooner: a copy costs its
   * bytes.
   */
  copyGainMs: number
  /**
   * The same, in ms, from a route that delivers while memory lasts: the whole loses nothing by the wait, but a copy
   * takes of another route's rate.
   */
  patientCopyGainMs: number
  /** `moveGainMs`, in ms, once the end of the content is granted: routes would be idle otherwise. */
  endMoveGainMs: number
  /** `copyGainMs`, in ms, once the end of the content is granted. */
  endCopyGainMs: number
  /**
   * Copies may be this share of all bytes that have arrived. Without a bound they take the rate that the
   * content needs.
   */
  duplicateShare: number
  /** Copies may be this many bytes besides, which a short transfer needs at its first failure. */
  duplicateBytes: number
  /**
   * A late route is predicted to bring its next segment after this many times its silence so far: what has
   * lasted goes on.
   */
  silenceFactor: number
}

/** `TestBlocks`: when a route is measured by a reply of the source. */
export interface TestBlockTuning {
  /**
   * Least time in ms between test blocks on a route that is busy or parked: more often, and they would be its
   * load.
   */
  intervalMs: number
  /** Least time in ms between test blocks on a route that is open and idle, where nothing is urgent. */
  idleIntervalMs: number
  /**
   * Bytes of a full test block, which a parked or idle route brings. More, and measuring would delay
   * segments.
   */
  fullBytes: number
  /** Bytes of the smallest one whose time says something of a rate: a busy node adds some ms. */
  leastBytes: number
  /**
   * Test blocks take this share of what the route brings or could: without a bound they would be all that a
   * slow route carries.
   */
  share: number
  /**
   * This many full blocks may be saved up: the first reply after an outage makes the route look slow, the
   * second one tells.
   */
  savedBlocks: number
}

/** For contents of known length, fetched as fast as the routes allow. */
export const BULK: Tuning = {
  queue: {
    baseMemoryMs: 30_000,
    confirmingMs: 2,
    standingMs: 60,
    smoothing: 0.25,
    idleFading: 0.9,
    usualJitterMs: 30,
    maxJitterMs: 100,
    jitterSmoothing: 0.02,
    noQueueMs: 6
  },
  samples: {
    blockNoiseMs: 15,
    leastSpanMs: 100,
    mostSpanMs: 1_000,
    leastSegments: 6,
    bunchRatio: 0.25,
    burstMs: 20,
    fewSegmentsMs: 40,
    silentSegments: 1.5,
    silentMs: 10
  },
  capacity: {
    leastRttMs: 20,
    changeRatio: 0.3,
    changeSamples: 3,
    jitterMsPerSample: 15,
    smoothingMs: 500,
    leastSmoothingMs: 100,
    keptRatio: 0.8,
    raise: 0.08,
    boundAfterMs: 20,
    mostJump: 4,
    mostTickMs: 100,
    surgeSegments: 4,
    surgeRatio: 2
  },
  memory: {
    longGapMs: 50,
    comebackMs: 300,
    comebackRatio: 0.7,
    comebackSegments: 4,
    bestMemoryMs: 10_000,
    bestRatio: 0.95,
    gapMemoryMs: 15_000,
    maxUsualGapMs: 150,
    usualGapRoundTrips: 1.5
  },
  lossWait: {
    leastGapMs: 20,
    leastGapSegments: 2,
    waitedRatio: 0.5,
    bunchSegments: 3,
    bunchRatio: 0.6,
    bunchMs: 10,
    leastPacedGapMs: 40,
    leastPacedGapSegments: 6,
    paceSegments: 4,
    paceRatio: 0.7,
    maxSingleMs: 30,
    lossyCount: 2,
    lossyMs: 2_000,
    heldCount: 2,
    heldMs: 1_000,
    heldStepMs: 150,
    memoryMs: 15_000,
    mostRoundTrips: 3,
    leastMostMs: 60,
    mostMs: 400,
    settlingLoops: 3,
    fullQueueMs: 55
  },
  window: {
    initialSegments: 6,
    leastFirstBytes: 64 * 1024,
    trustedQueueMs: 60,
    trustedWindows: 2,
    knownWindows: 6,
    targetQueueMs: 15,
    drainIntervalMs: 8_000,
    probingGain: 1.7,
    growthRatio: 1.05,
    growthLoops: 3,
    leastGrowthMs: 200,
    tickAllowanceMs: 20,
    minGain: 0.85,
    maxGain: 3,
    gainStep: 0.2,
    approachShare: 0.2,
    leastSegments: 2,
    emptyLoops: 2
  },
  lanes: {
    marginMs: 25,
    maxPattern: 64,
    patternErrorRatio: 0.01,
    hysteresisMs: 25,
    maxPrefix: 256,
    worthlessShare: 0.02,
    worthlessExtraMs: 600,
    worthlessRatio: 3,
    keptRouteRatio: 0.75
  },
  start: {
    costRatio: 3,
    costSlackMs: 60,
    shortSegments: 128,
    youngMs: 600
  },
  silence: {
    usualSegments: 2.5,
    firstLoops: 2,
    lateMs: 50,
    parkMs: 400,
    parkGaps: 2,
    recoveryMs: 100,
    blindMs: 3 * TICK_MS,
    settleMs: 1_000
  },
  moves: {
    moveGainMs: 60,
    copyGainMs: 120,
    patientCopyGainMs: 800,
    endMoveGainMs: 15,
    endCopyGainMs: 40,
    duplicateShare: 0.02,
    duplicateBytes: 1024 * 1024,
    silenceFactor: 4
  },
  testBlocks: {
    intervalMs: 500,
    idleIntervalMs: 1_500,
    fullBytes: 32 * 1024,
    leastBytes: 4 * 1024,
    share: 0.05,
    savedBlocks: 2
  }
}
