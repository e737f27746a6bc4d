import { type CsvCell, csv } from '../csv.ts'

/** A point of a curve; `low` and `high` are the ends of the 95 % interval of `y`, where there is one. */
export interface PlotPoint {
  x: number
  y: number
  low?: number
  high?: number
}

/** One curve. `step` holds its value until the next point; `dots` are not joined. */
export interface Curve {
  name: string
  shape: 'line' | 'step' | 'dots'
  points: PlotPoint[]
}

export interface Axis {
  label: string
  from: number
  to: number
  /** Default: linear. */
  scale?: 'linear' | 'log'
  /** Ticks with words of their own, such as names of cases, which may hold line breaks. Default: round values. */
  ticks?: { at: number; label: string }[]
}

/** A straight line across a plot, at one value of either axis. */
export interface PlotLine {
  axis: 'x' | 'y'
  at: number
  label: string
}

/** A plot of curves over an axis. */
export interface CurvePanel {
  kind: 'curves'
  title: string
  x: Axis
  y: Axis
  curves: Curve[]
  lines: PlotLine[]
}

/** A field of values, one for each combination of a row and a column; the first row is the lowest. */
export interface CellPanel {
  kind: 'cells'
  title: string
  xLabel: string
  yLabel: string
  columns: string[]
  rows: string[]
  values: (number | undefined)[][]
  /** Values that are drawn white and darkest. */
  white: number
  dark: number
}

export type Panel = CurvePanel | CellPanel

/** Everything that is drawn, as CSV: one point or cell a line. */
export function panelsCsv(panels: readonly Panel[]): string {
  const lines = panels.flatMap((panel): CsvCell[][] =>
    panel.kind === 'curves'
      ? panel.curves.flatMap(({ name, points }) =>
          points.map(({ x, y, low, high }) => [panel.title, name, x, y, low, high])
        )
      : panel.values.flatMap((values, row) =>
          values.map((value, column) => [panel.title, panel.rows[row], panel.columns[column], value])
        )
  )
  return csv([['panel', 'curve_or_row', 'x_or_column', 'value', 'low', 'high'], ...lines])
}
