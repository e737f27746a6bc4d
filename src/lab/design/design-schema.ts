import { z } from 'zod'
import { quantities, traceColumns } from '../../topology/topology-schema.ts'

const { rate, duration, size, percent } = quantities

/** The means that a sweep measures, in the order in which it does so. */
export const SWEEP_MEANS = ['anabranch', 'mptcp', 'aria2', 'static'] as const
export type SweepMeans = (typeof SWEEP_MEANS)[number]

const steps = z.int().min(2).max(1000).describe('grid: how many values, both ends among them')
const scale = z
  .enum(['linear', 'log'])
  .describe('log: as many points between 1 and 10 as between 10 and 100; default linear')

/** A fixed value, a list of them, or a range. */
function parameter<T extends z.ZodType<number>>(value: T, what: string) {
  const range = z.strictObject({ from: value, to: value, scale: scale.optional(), steps: steps.optional() })
  return z.union([value, z.array(value).min(1), range]).describe(what)
}

const path = {
  capacity: parameter(rate, 'what the path carries, Ethernet frames counted whole'),
  roundTrip: parameter(duration, 'round trip without any queue').optional(),
  queueing: parameter(duration, 'time that its full queue takes, beside the round trip').optional(),
  loss: parameter(percent, 'share of packets lost at random, in each direction').optional(),
  jitter: parameter(duration, 'delay varies by up to this; order is kept').optional(),
  trace: z
    .union([z.string().min(1), z.strictObject({ file: z.string().min(1), columns: traceColumns.optional() })])
    .describe(
      'trace file that the way to the client follows; the capacity is that of the way back, and sizes the queue'
    )
    .optional()
}

const paths = z
  .array(
    z.strictObject({
      count: z
        .int()
        .min(1)
        .max(8)
        .describe('how many paths have these ranges, each with values of its own; default 1')
        .optional(),
      ...path
    })
  )
  .min(1)

const seed = z.int().min(0).max(4_294_967_295)
const plan = z.union([
  z.strictObject({ kind: z.literal('grid').describe('all combinations of lists and of ranges with steps') }),
  z.strictObject({ kind: z.literal('list').describe('the first values of all lists, then the second ones') }),
  z.strictObject({
    kind: z.literal('latin').describe('Latin hypercube'),
    points: z.int().min(1).max(10_000),
    seed: seed.optional()
  }),
  z.strictObject({
    kind: z.literal('wsp').describe('space filling by the method of Wootton, Sergent and Phan-Tan-Luu'),
    points: z.int().min(1).max(2_000),
    candidates: z
      .int()
      .min(1)
      .max(50_000)
      .describe('how many points to choose among; default 10000')
      .optional(),
    seed: seed.optional()
  })
])

const some = <T extends z.ZodType>(value: T) =>
  z.union([value.transform(one => [one]), z.array(value).min(1)])

/** Schema of a design file as written. Its `z.output` has every quantity as a number in base units. */
export const designFileSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 lower-case letters, digits and dashes, a letter first'),
  description: z.string().optional(),
  paths,
  design: plan.describe('which points of the ranges are tried'),
  order: z
    .enum(['given', 'each'])
    .describe('each: every point once with each path first; default given')
    .optional(),
  size: some(size).describe('of the content; each point is tried with each'),
  segmentSize: some(size).describe('--segment-size of the source; each point is tried with each').optional(),
  memory: some(size).describe('--memory of the client; each point is tried with each').optional(),
  live: some(rate)
    .describe('the content is made at this rate while it is fetched; each point is tried with each')
    .optional(),
  offset: z
    .union([
      some(duration),
      z
        .strictObject({ from: duration, to: duration, steps })
        .transform(({ from, to, steps: count }) =>
          Array.from({ length: count }, (_, step) => from + ((to - from) * step) / (count - 1))
        )
    ])
    .describe('time of all traces at the start; each point is tried with each')
    .optional(),
  policy: some(z.string().min(1))
    .describe('--policy of the client; each point is tried with each')
    .optional(),
  means: z.array(z.enum(SWEEP_MEANS)).min(1).describe('what is measured; default anabranch').optional(),
  congestion: z.enum(['bbr', 'cubic', 'reno']).describe("of TCP; default: the host's").optional(),
  repetitions: z.int().min(1).max(1000).describe('runs of each transfer; default 1').optional(),
  seed: seed.describe('for lost packets, where they are simulated; default 1').optional(),
  longestAlone: duration
    .describe('a path alone carries no more of the content than so long takes; default 120s')
    .optional()
})

export type DesignFile = z.output<typeof designFileSchema>
/** A parameter as the file has it: a value, a list, or a range. */
export type Parameter = number | number[] | ParameterRange

export interface ParameterRange {
  from: number
  to: number
  scale?: 'linear' | 'log'
  steps?: number
}

/** JSON Schema of the design file, for editors. */
export function designJsonSchema(): object {
  return { ...z.toJSONSchema(designFileSchema, { io: 'input' }), title: 'anabranch design file' }
}
