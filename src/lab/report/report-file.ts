import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigurationError } from '../../errors.ts'
import { parseTopology } from '../../topology/topology.ts'
import { type LoadedTopology, loadTraces } from '../../topology/topology-file.ts'
import { type Comparable, comparable } from './differences.ts'

/** What is asked of a report file before it is trusted; figures are only shown and compared. */
const shared = {
  format: z.literal(1),
  version: z.string(),
  topologyFile: z.string(),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  seed: z.number().optional(),
  policy: z.string().optional(),
  cutover: z.enum(['async', 'sync']).optional()
}
const runSchema = z.looseObject({
  ...shared,
  topologyFileName: z.string(),
  traces: z.record(z.string(), z.string()),
  means: z.array(
    z.looseObject({
      means: z.string(),
      seconds: z.number(),
      goodputBytesPerSecond: z.number(),
      efficiency: z.number(),
      longestStallMs: z.number(),
      wireOverhead: z.number()
    })
  )
})
const estimateSchema = z.looseObject({ median: z.number(), low: z.number(), high: z.number() })
const summarySchema = z.looseObject({
  ...shared,
  runs: z.number(),
  means: z.array(z.looseObject({ means: z.string(), figures: z.record(z.string(), estimateSchema) }))
})

/** The report of one run, read back. */
export type ReportFile = z.output<typeof runSchema>

/** Reads a report.json. Throws ConfigurationError where it is none, or one of another format. */
export async function readReport(path: string): Promise<ReportFile> {
  return parsed(runSchema, await readJson(path), path)
}

/** Reads what can be compared: report.json, summary.json, or a directory with either. Throws ConfigurationError. */
export async function readComparable(path: string): Promise<Comparable> {
  const file = await fileOf(path)
  const json = await readJson(file)
  const isSummary = typeof json === 'object' && json !== null && 'runs' in json
  const report = isSummary ? parsed(summarySchema, json, file) : parsed(runSchema, json, file)
  return comparable(report as unknown as Parameters<typeof comparable>[0])
}

/** The topology that a report has in it, with its traces; no other file is read. Throws TopologyError and ConfigurationError. */
export async function topologyOf(report: ReportFile, path: string): Promise<LoadedTopology> {
  const file = `${path}:${report.topologyFileName}`
  const topology = parseTopology(report.topologyFile, file)
  const read = async (name: string) => report.traces[name] ?? ''
  return { topology, traces: await loadTraces(topology, file, read), file, text: report.topologyFile }
}

async function fileOf(path: string): Promise<string> {
  const isDirectory = await stat(path).then(
    found => found.isDirectory(),
    () => false
  )
  if (!isDirectory) return path
  const summary = join(path, 'summary.json')
  return (await stat(summary).catch(() => undefined)) ? summary : join(path, 'report.json')
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new ConfigurationError(`cannot read the report ${path}: ${(error as Error).message}`, error)
  }
}

function parsed<T extends z.ZodType>(schema: T, json: unknown, path: string): z.output<T> {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const { path: place, message } = result.error.issues[0]!
  throw new ConfigurationError(`${path} is no report that this version reads: ${place.join('.')} ${message}`)
}
