import type { DelayFigures, LiveDelay } from '../live-figures.ts'
import type { SweepMeans } from './design-schema.ts'

/** One transfer that is to be made, with all that is needed to make it again. */
export interface Trial {
  /** Says which transfer of its sweep it is; no other one there has the same. */
  key: string
  means: SweepMeans
  /** From 1. */
  repetition: number
  /** Seed of what is random, where the network is simulated. */
  seed: number
  memoryBytes?: number
  /** Bytes of the content that it carries. */
  bytes: number
  /** Text of its topology file. */
  topology: string
  /** Path of the file to which the names of traces in the topology are relative; unset where it has none. */
  tracesBeside?: string
}

/** What a transfer has measured. */
export interface MadeTransfer {
  /** How links were emulated; `simulator` where they were not. */
  links: string
  /** Time in s from the first packet to the last byte; of a transfer that failed, until it was given up. */
  seconds: number
  /** The same of the whole command, its start included; unset in a simulation. */
  commandSeconds?: number
  /** `bytes` / `seconds`; 0 for a transfer that failed. */
  goodputBytesPerSecond: number
  /** Ideal time by the links' capacity / time; 0 for a transfer that failed, unset of live content. */
  efficiency?: number
  longestStallMs: number
  wireOverhead: number
  /** Of live content. */
  delayMs?: DelayFigures
  /** The course of these delays, thinned. */
  delays?: LiveDelay[]
  /** The least share that a tcp traffic of others had of what its way carries, 0 to 1; unset where there is none. */
  trafficShare?: number
  /** Share of the processor time that was idle, 0 to 1; unset in a simulation. */
  idleShare?: number
  /** Frames that the machine lost, and not the links: with any the row does not count, and is made again. */
  lostFrames?: number
  /** Why it failed; unset where the content came whole. */
  failure?: string
}

/** A transfer that was made: one line of a sweep's rows. */
export type Row<T extends Trial = Trial> = T &
  MadeTransfer & {
    /** Name of the sweep's design. */
    design: string
    /** Version of the program. */
    version: string
    startedAt: string
  }

/** Whether a row counts: a machine that lost frames has measured itself. */
export function counts({ lostFrames = 0 }: Pick<Row, 'lostFrames'>): boolean {
  return lostFrames === 0
}
