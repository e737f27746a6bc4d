import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigurationError } from '../errors.ts'
import type { Traces } from './timeline.ts'
import { parseTopology, type Topology } from './topology.ts'
import { commonPart, type Trace, type TraceUse, traceKey } from './trace.ts'
import { parseTrace } from './trace-formats.ts'

/** A topology file, together with the traces that it names. */
export interface LoadedTopology {
  topology: Topology
  traces: Traces
  /** Absolute path of the file; `text` is the text that was read. */
  file: string
  text: string
}

/** Reads a topology file and its traces. Throws TopologyError and ConfigurationError. */
export async function loadTopology(path: string): Promise<LoadedTopology> {
  const file = resolve(path)
  const text = await readText(file, 'topology file')
  const topology = parseTopology(text, path)
  return { topology, traces: await loadTraces(topology, file), file, text }
}

/**
 * Reads the traces that a topology names, relative to its file or as `read` has their texts by name. Throws
 * ConfigurationError, with a fault of each trace that has any.
 */
export async function loadTraces(
  topology: Topology,
  file: string,
  read = (name: string) => readText(resolve(dirname(file), name), 'trace')
): Promise<Traces> {
  const traces = new Map<string, Trace>()
  const faults: string[] = []
  for (const [key, { file: name, columns }] of traceUses(topology)) {
    const path = resolve(dirname(file), name)
    try {
      traces.set(key, parseTrace(await read(name), columns))
    } catch (error) {
      if (error instanceof ConfigurationError) faults.push(error.message)
      else if (error instanceof RangeError) faults.push(`${path}: ${error.message}`)
      else throw error
    }
  }
  if (faults.length > 0) throw new ConfigurationError(faults.join('\n'))
  return topology.haveTracesOneClock ? onOneClock(traces, file) : traces
}

function onOneClock(traces: Traces, file: string): Traces {
  try {
    const common = commonPart([...traces.values()])
    return new Map([...traces.keys()].map((key, index) => [key, common[index]!]))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ConfigurationError(`${file}: ${error.message}`, error)
  }
}

/** What follows traces in a topology, by their keys. */
export function traceUses(topology: Topology): Map<string, TraceUse> {
  const states = [
    ...topology.links.flatMap(link => [link.down, link.up]),
    ...topology.events.flatMap(event =>
      'change' in event && event.change.kind === 'set' ? [event.change.down, event.change.up] : []
    )
  ]
  return new Map(states.flatMap(({ trace }) => (trace === undefined ? [] : [[traceKey(trace), trace]])))
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`cannot read the ${what} ${path}: ${(error as Error).message}`, error)
  }
}
