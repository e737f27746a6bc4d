import { AnabranchError, ExitCode } from '../../errors.ts'
import { describeProblem, type FileProblem, parseYaml } from '../../units/yaml-file.ts'
import { type DesignFile, designFileSchema, type Parameter, type SweepMeans } from './design-schema.ts'

/** The parameters of a path, in the order in which they are dimensions of a point. */
export const PATH_PARAMETERS = ['capacity', 'roundTrip', 'queueing', 'loss', 'jitter'] as const
export type PathParameter = (typeof PATH_PARAMETERS)[number]

/** A trace file, relative to the design's, or that with names of its columns. */
export type PathTrace = NonNullable<DesignFile['paths'][number]['trace']>

/** What a path is made of. */
export interface PathSettings {
  /** Rate in bytes a second, of whole Ethernet frames. */
  capacityBytesPerSecond: number
  roundTripMs: number
  /** Time that its full queue takes beside the round trip. */
  queueingMs: number
  /** Share of the packets that are lost in each direction, 0 to 1. */
  loss: number
  jitterMs: number
  /** Trace file that the way to the client follows. */
  trace?: PathTrace
}

/** A design after its checks, every quantity in base units and every default filled in. */
export interface Design {
  name: string
  /** Name of its file as it was given; names of traces are relative to it. */
  file: string
  description?: string
  paths: (Partial<Record<PathParameter, Parameter>> & { trace?: PathTrace })[]
  plan: DesignFile['design']
  order: 'given' | 'each'
  sizes: number[]
  /** Unset: what the program takes by itself. */
  segmentSizes: (number | undefined)[]
  memories: (number | undefined)[]
  liveRates: (number | undefined)[]
  offsets: (number | undefined)[]
  policies: (string | undefined)[]
  means: SweepMeans[]
  congestion?: 'bbr' | 'cubic' | 'reno'
  repetitions: number
  seed: number
  longestAloneMs: number
}

/** Longest time in ms that a path alone is given: the slowest of the published designs would take hours. */
const DEFAULT_LONGEST_ALONE_MS = 120_000

/** A design file has faults; each is told with its line and column. */
export class DesignError extends AnabranchError {
  readonly problems: FileProblem[]

  constructor(fileName: string, problems: FileProblem[]) {
    const lines = problems.map(problem => describeProblem(fileName, problem))
    super('ERR_DESIGN', lines.join('\n'), { exitCode: ExitCode.configuration, lines })
    this.problems = problems
  }
}

/** Parses the text of a design file. Throws DesignError with every fault found. */
export function parseDesign(text: string, fileName: string): Design {
  const file = parseYaml(text, designFileSchema)
  if (file.problems) throw new DesignError(fileName, file.problems)
  const problems: FileProblem[] = []
  checkDesign(file.value, (path, message) => problems.push(file.locate(path, message)))
  if (problems.length > 0) throw new DesignError(fileName, problems)
  return designOf(file.value, fileName)
}

function designOf(file: DesignFile, fileName: string): Design {
  return {
    name: file.name,
    file: fileName,
    description: file.description,
    paths: pathsOf(file),
    plan: file.design,
    order: file.order ?? 'given',
    sizes: file.size,
    segmentSizes: file.segmentSize ?? [undefined],
    memories: file.memory ?? [undefined],
    liveRates: file.live ?? [undefined],
    offsets: file.offset ?? [undefined],
    policies: file.policy ?? [undefined],
    means: file.means ?? ['anabranch'],
    congestion: file.congestion,
    repetitions: file.repetitions ?? 1,
    seed: file.seed ?? 1,
    longestAloneMs: file.longestAlone ?? DEFAULT_LONGEST_ALONE_MS
  }
}

function pathsOf({ paths }: DesignFile): Design['paths'] {
  return paths.flatMap(({ count = 1, ...path }) => Array.from({ length: count }, () => path))
}

function checkDesign(file: DesignFile, report: (path: PropertyKey[], message: string) => void): void {
  const { kind } = file.design
  const lengths = new Set<number>()
  for (const [index, path] of file.paths.entries()) {
    for (const name of PATH_PARAMETERS) {
      const fault = (message: string) => report(['paths', index, name], message)
      const parameter = path[name]
      if (Array.isArray(parameter)) {
        lengths.add(parameter.length)
      } else if (typeof parameter === 'object') {
        const { from, to, scale, steps } = parameter
        if (from > to) fault('must have its lower end first')
        if (scale === 'log' && from <= 0) fault('must begin above 0 to be scaled by its logarithm')
        if (kind === 'grid' && steps === undefined) fault('needs steps in a grid')
        if (kind === 'list') fault('must be a value or a list where the design is a list')
        if ((kind === 'wsp' || kind === 'latin') && steps !== undefined) fault('takes steps in a grid alone')
      }
    }
  }
  if (kind === 'list' && lengths.size > 1) report(['paths'], 'all lists must have the same length')
  const { design } = file
  if (design.kind === 'wsp' && (design.candidates ?? Number.POSITIVE_INFINITY) < design.points)
    report(['design', 'candidates'], 'must be as many as the points or more')
}
