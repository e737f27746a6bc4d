import type { SeriesPoint } from './result.ts'

/** Frames that came out at the far end of a hop. */
export interface Passage {
  route: number
  /** Counted from the source. */
  hop: number
  /** `down`: towards the client. */
  direction: 'down' | 'up'
  /** The bytes came evenly from here... */
  fromMs: number
  /** ...to here. */
  toMs: number
  /** Of whole frames, as a link counts them. */
  wireBytes: number
}

/** The client at one step of the series. */
export interface ClientSample {
  atMs: number
  /** That the output has taken. */
  outputBytes: number
  /** That wait for what is before them. */
  reorderBytes: number
  routes: ReadonlyMap<number, SeriesPoint>
}

/** Is told what happens in a simulation while it runs, and changes nothing. */
export interface SimulationObserver {
  passed?(passage: Passage): void
  sampled?(sample: ClientSample): void
}
