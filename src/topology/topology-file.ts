import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigurationError } from '../errors.ts'
import type { Traces } from './timeline.ts'
import { parseTopology, type Topology } from './topology.ts'
import { parseTrace, type Trace } from './trace.ts'

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

/** Reads the traces that a topology names, relative to its file. Throws ConfigurationError. */
export async function loadTraces(topology: Topology, file: string): Promise<Traces> {
  const traces = new Map<string, Trace>()
  for (const name of traceNames(topology)) {
    const path = resolve(dirname(file), name)
    try {
      traces.set(name, parseTrace(await readText(path, 'trace')))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new ConfigurationError(`${path}: ${error.message}`, error)
    }
  }
  return traces
}

function traceNames(topology: Topology): Set<string> {
  const states = [
    ...topology.links.flatMap(link => [link.down, link.up]),
    ...topology.events.flatMap(event =>
      'change' in event && event.change.kind === 'set' ? [event.change.down, event.change.up] : []
    )
  ]
  return new Set(states.flatMap(state => (state.trace === undefined ? [] : [state.trace])))
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`cannot read the ${what} ${path}: ${(error as Error).message}`, error)
  }
}
