import type { Curve } from './plot.ts'

/** How much of the room of a case its curves take. */
const SPREAD = 0.5

/** A curve over cases, moved aside a little, so that those of several do not hide each other. */
export function apart(curve: Curve, index: number, count: number): Curve {
  const aside = count > 1 ? SPREAD * (index / (count - 1) - 0.5) : 0
  return { ...curve, points: curve.points.map(point => ({ ...point, x: point.x + aside })) }
}
