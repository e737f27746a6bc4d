/** Length in ms of the steps in which a trace is followed. */
export const TRACE_STEP_MS = 100
/**
 * Rate of a step in which nothing can be sent, in bytes a second: about one packet in 1.5 s. `tc`
 * needs a rate above zero.
 */
export const LEAST_RATE_BYTES_PER_SECOND = 1000

/** What a link does over time, in steps of TRACE_STEP_MS; what the trace says nothing of is unset. */
export interface Trace {
  /** Time of the first step by the clock of whoever recorded the trace, in ms. */
  beganMs: number
  /** Number of steps, 1 or more. */
  steps: number
  ratesBytesPerSecond?: readonly number[]
  /** One-way delays. */
  delaysMs?: readonly number[]
  /** Shares of packets, 0 to 1. */
  losses?: readonly number[]
}

/** How one direction of a link follows a trace. */
export interface TraceUse {
  /** Name of the file, as the topology file has it. */
  file: string
  /** Names of a CSV file's columns, where they are not the usual ones. */
  columns?: TraceColumns
  /** Time of the trace in ms at the start of the first client, in whole steps of the trace. */
  offsetMs: number
  /** What the trace's rates are multiplied by. */
  scale: number
  /** Whether the trace starts again at its end. Else what it has last goes on. */
  loops: boolean
}

/** Names of columns of a CSV file. A column without a name is not read; `time` is always there. */
export interface TraceColumns {
  time?: string
  rate?: string
  delay?: string
  loss?: string
}

/** What a trace says of a link at one time. Loss by a trace is never in bursts. */
export interface TracedState {
  rateBytesPerSecond?: number
  delayMs?: number
  loss?: number
  bursts?: undefined
}

/** Tells the traces of a topology apart: by file, and by the columns that are read of it. */
export function traceKey({ file, columns }: Pick<TraceUse, 'file' | 'columns'>): string {
  return columns === undefined ? file : JSON.stringify([file, columns])
}

/** What a trace says of a link at a time since the first client's start. */
export function traceAt(
  { steps, ratesBytesPerSecond, delaysMs, losses }: Trace,
  { offsetMs, scale, loops }: Pick<TraceUse, 'offsetMs' | 'scale' | 'loops'>,
  atMs: number
): TracedState {
  const passed = Math.floor((atMs + offsetMs) / TRACE_STEP_MS + 1e-9)
  const step = loops ? passed % steps : Math.min(passed, steps - 1)
  return {
    ...(ratesBytesPerSecond && {
      rateBytesPerSecond: Math.max(LEAST_RATE_BYTES_PER_SECOND, ratesBytesPerSecond[step]! * scale)
    }),
    ...(delaysMs && { delayMs: delaysMs[step]! }),
    ...(losses && { loss: losses[step]!, bursts: undefined })
  }
}

/**
 * The traces from when all of them have begun until the first of them ends, by the clock that they
 * were recorded with. Throws RangeError where there is no such time.
 */
export function commonPart(traces: readonly Trace[]): Trace[] {
  const fromMs = Math.max(...traces.map(({ beganMs }) => beganMs))
  const toMs = Math.min(...traces.map(({ beganMs, steps }) => beganMs + steps * TRACE_STEP_MS))
  const steps = Math.floor((toMs - fromMs) / TRACE_STEP_MS)
  if (traces.length > 0 && !(steps >= 1))
    throw new RangeError('the traces have no time in common: leave out clock: common')
  return traces.map(({ beganMs, ratesBytesPerSecond, delaysMs, losses }) => {
    const first = Math.round((fromMs - beganMs) / TRACE_STEP_MS)
    const part = (values: readonly number[]) => values.slice(first, first + steps)
    return {
      beganMs: fromMs,
      steps,
      ...(ratesBytesPerSecond && { ratesBytesPerSecond: part(ratesBytesPerSecond) }),
      ...(delaysMs && { delaysMs: part(delaysMs) }),
      ...(losses && { losses: part(losses) })
    }
  })
}
