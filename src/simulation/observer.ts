import type { SeriesPoint } from './result.ts'

/** Frames that came out at the far end of a hop. */
export interface Passage {
  route: number
  /** Number of the hop, counted from the source. */
  hop: number
  /** `down`: towards the client. */
  direction: 'down' | 'up'
  /** Start of the interval in which the bytes came evenly; `toMs` is its end. */
  fromMs: number
  /** End of the interval in which the bytes came evenly. */
  toMs: number
  /** Bytes of whole Ethernet frames, as a link counts them. */
  wireBytes: number
}

/** The client's state at one step of the series. */
export interface ClientSample {
  atMs: number
  /** Bytes that the output has taken. */
  outputBytes: number
  /** Bytes that wait for bytes before them. */
  reorderBytes: number
  routes: ReadonlyMap<number, SeriesPoint>
}

/** Is told the events of a simulation while it runs, and changes nothing. */
export interface SimulationObserver {
  passed?(passage: Passage): void
  sampled?(sample: ClientSample): void
}
