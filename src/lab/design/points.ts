import { type Design, PATH_PARAMETERS, type PathParameter, type PathSettings } from './design.ts'
import type { Parameter, ParameterRange } from './design-schema.ts'
import { latinHypercube } from './latin.ts'
import { wspDesign } from './wsp.ts'

/** The paths at each point of a design, in the order of the points. The same design has the same points. */
export function pointsOf(design: Pick<Design, 'paths' | 'plan'>): PathSettings[][] {
  const { paths, plan } = design
  const dimensions = paths.flatMap(path =>
    PATH_PARAMETERS.map(name => path[name] ?? 0).filter(parameter => typeof parameter === 'object')
  )
  const values = valuesOf(dimensions, plan)
  return values.map(point => {
    const left = [...point]
    return paths.map(path => {
      const of = (name: PathParameter) => {
        const parameter = path[name] ?? 0
        return typeof parameter === 'number' ? parameter : left.shift()!
      }
      const [capacityBytesPerSecond, roundTripMs, queueingMs, loss, jitterMs] = PATH_PARAMETERS.map(of)
      return {
        capacityBytesPerSecond: capacityBytesPerSecond!,
        roundTripMs: roundTripMs!,
        queueingMs: queueingMs!,
        loss: loss!,
        jitterMs: jitterMs!,
        ...(path.trace === undefined ? {} : { trace: path.trace })
      }
    })
  })
}

type Dimension = Exclude<Parameter, number>

function valuesOf(dimensions: Dimension[], plan: Design['plan']): number[][] {
  switch (plan.kind) {
    case 'grid':
      return combinations(dimensions.map(levelsOf))
    case 'list':
      return zipped(dimensions.map(levelsOf))
    case 'latin':
      return scaled(latinHypercube(plan.points, dimensions.length, plan.seed ?? 1), dimensions)
    case 'wsp': {
      const { points: count, candidates, seed = 1 } = plan
      const options = { count, dimensions: dimensions.length, seed, ...(candidates ? { candidates } : {}) }
      return scaled(wspDesign(options).points, dimensions)
    }
  }
}

function scaled(points: number[][], dimensions: Dimension[]): number[][] {
  return points.map(point => point.map((at, index) => valueAt(dimensions[index]!, at)))
}

/** The value at a place from 0 to 1 (exclusive) of a range, or of a list in equal parts. */
export function valueAt(dimension: Dimension, at: number): number {
  if (Array.isArray(dimension)) return dimension[Math.floor(at * dimension.length)]!
  return onScale(dimension, at)
}

function onScale({ from, to, scale = 'linear' }: ParameterRange, at: number): number {
  return scale === 'log' ? from * (to / from) ** at : from + (to - from) * at
}

function levelsOf(dimension: Dimension): number[] {
  if (Array.isArray(dimension)) return dimension
  const steps = dimension.steps!
  return Array.from({ length: steps }, (_, step) => onScale(dimension, step / (steps - 1)))
}

/** All combinations; the last dimension changes fastest. */
function combinations(levels: number[][]): number[][] {
  return levels.reduce<number[][]>(
    (rows, level) => rows.flatMap(row => level.map(value => [...row, value])),
    [[]]
  )
}

function zipped(lists: number[][]): number[][] {
  const length = lists[0]?.length ?? 1
  return Array.from({ length }, (_, at) => lists.map(list => list[at]!))
}
