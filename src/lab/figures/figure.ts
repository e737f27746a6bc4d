import type { SweepMeans } from '../design/design-schema.ts'
import type { SweepRow } from '../design/outcomes.ts'
import type { Row, Trial } from '../design/trial.ts'
import type { Panel } from './plot.ts'

/** A design of which a figure is made. */
export interface DesignUse {
  /** Name of its file in topology/designs, without `.yaml`. */
  name: string
  /** Sizes of the content, where they are not the design's. */
  sizes?: number[]
  /** Whether transfers over all paths are wanted alone, and none over one of them. */
  isTogetherOnly?: boolean
}

/** A transfer of a figure that no design describes. */
export interface FigureTrial extends Trial {
  /** The place of its result on the x axis, or the number of its curve, whichever the figure has. */
  case: number
  policy?: string
}

export interface TrialChoice {
  means: readonly SweepMeans[]
  /** Policies of this program; undefined stands for its default. */
  policies: readonly (string | undefined)[]
  /** Takes each of so many seeds only. Default: 1, all of them. */
  every?: number
  isSimulated: boolean
}

/** Transfers that no design describes, and the means that they are made with unless others are asked for. */
export interface TrialSet {
  means: readonly SweepMeans[]
  trials(choice: TrialChoice): FigureTrial[]
}

/** What there is to draw. Rows that do not count are not among them. */
export interface FigureRows {
  transfers: SweepRow[]
  trials: Row<FigureTrial>[]
}

export interface Drawn {
  panels: Panel[]
  /** What the figure shows in figures, one sentence each, for people. */
  findings: string[]
}

/** One of the standard figures. */
export interface Figure {
  /** Its number, from 1: `f1` is another name of the first. */
  number: number
  name: string
  title: string
  designs: DesignUse[]
  trials?: TrialSet
  draw(rows: FigureRows): Drawn
}

/** The transfers over all paths of their network. */
export function overAllPaths(transfers: readonly SweepRow[]): SweepRow[] {
  return transfers.filter(({ paths, pathCount }) => paths.length === pathCount)
}

/** Name of a curve: the means, or the policy of this program where it is not the default. */
export function curveName({ means, policy }: { means: string; policy?: string }): string {
  return means === 'anabranch' && policy !== undefined ? policy : means
}

/** Groups in the order of their curves: this program, its policies, and the other means. */
export function byCurve<T extends { means: string; policy?: string }>(all: readonly T[]): [string, T[]][] {
  const rank = ({ means, policy }: T) => (means !== 'anabranch' ? 2 : policy === undefined ? 0 : 1)
  const ordered = all.toSorted((a, b) => rank(a) - rank(b) || curveName(a).localeCompare(curveName(b)))
  return [...Map.groupBy(ordered, curveName)]
}
