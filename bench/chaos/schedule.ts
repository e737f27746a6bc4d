import { createRandom, type Random } from '../../src/simulation/index.ts'

/** What a fault does to its target; `FAULT_TARGETS` says which targets it has. */
export type FaultKind =
  /** The process is killed (-9) and started again when the fault is over. */
  | 'kill'
  /** The process stands still (SIGSTOP) for a while. */
  | 'stop'
  /** A relay is killed and comes back under another address. */
  | 'move'
  /** Every connection to the node is reset. */
  | 'reset'
  /** What is sent to and by the node over its connections is swallowed for a while. */
  | 'hole'
  /** One bit of what comes next on each connection to the node is inverted. */
  | 'flip'
  /** Half of what comes next on each connection to the node comes, and then its end. */
  | 'cut'
  /** The client's files may not grow any more. */
  | 'disk'
  /** The disk of all clients has no room left for a while. */
  | 'full'
  /** The calendar of a process jumps a day ahead, and back when the fault is over. */
  | 'clock'

export interface Fault {
  /** When it begins, in milliseconds since the start. */
  atMs: number
  kind: FaultKind
  /** A node, a client or OUTPUTS. */
  target: string
  /** How long it lasts, in milliseconds; 0 where it is over at once. */
  forMs: number
}

export const RELAYS = ['relay1', 'relay2', 'relay3', 'relay4']
export const NODES = ['director', 'source', ...RELAYS]
export const CLIENTS = ['client1', 'client2']

/** The disk that all clients write to. */
export const OUTPUTS = 'outputs'

const FAULT_TARGETS: Record<FaultKind, readonly string[]> = {
  kill: [...NODES, ...CLIENTS],
  stop: [...NODES, ...CLIENTS],
  move: RELAYS,
  reset: NODES,
  hole: NODES,
  flip: NODES,
  cut: NODES,
  disk: CLIENTS,
  full: [OUTPUTS],
  clock: [...NODES, ...CLIENTS]
}

export const FAULT_KINDS = Object.keys(FAULT_TARGETS) as FaultKind[]

/** Kinds of faults that last. */
const LASTING: readonly FaultKind[] = ['kill', 'stop', 'move', 'hole', 'full', 'clock']
/** The longest that a fault lasts, in milliseconds. */
const LONGEST_FAULT_MS = 12_000
/** Mean time between two faults, in milliseconds. */
const MEAN_INTERVAL_MS = 1_000
/**
 * Faults come in storms, with calm times between them in which fetches have to go on: milliseconds
 * of both.
 */
const STORM_MS = 20_000
const CALM_MS = 10_000

/** Makes the faults of a seed, in the order of their times: always the same ones. */
export function chaosSchedule(
  seed: number,
  durationMs: number,
  kinds: readonly FaultKind[] = FAULT_KINDS
): Fault[] {
  const random = createRandom(seed)
  const faults: Fault[] = []
  let atMs = 0
  for (;;) {
    atMs += Math.round(-Math.log(1 - random()) * MEAN_INTERVAL_MS)
    const intoRound = atMs % (STORM_MS + CALM_MS)
    if (intoRound >= STORM_MS) atMs += STORM_MS + CALM_MS - intoRound
    if (atMs >= durationMs) return faults
    const kind = oneOf(kinds, random)
    const target = oneOf(FAULT_TARGETS[kind], random)
    const longest = LONGEST_FAULT_MS * random()
    faults.push({ atMs, kind, target, forMs: LASTING.includes(kind) ? Math.round(longest * random()) : 0 })
  }
}

export function oneOf<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)]!
}
