import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { openFilesLimit } from '../../transport/open-files.ts'
import { programVersion } from '../version.ts'
import { counter, gauge, type Readings } from './metric.ts'

/** Milliseconds between two looks at the delay of the event loop. */
const DELAY_STEP_MS = 20

/** What every process tells; the names are those that Prometheus' own libraries give. */
export const PROCESS_METRICS = {
  anabranch_build_info: gauge('Always 1; the labels tell the version of the program and that of Node.', [
    'version',
    'node'
  ]),
  process_start_time_seconds: gauge('When the process began, in seconds since 1970.'),
  process_cpu_seconds_total: counter('Processor time of user and system together.'),
  process_resident_memory_bytes: gauge('Memory that the process has in use.'),
  process_open_fds: gauge('Open file descriptors, connections included.'),
  process_max_fds: gauge('Most file descriptors that may be open.'),
  nodejs_heap_used_bytes: gauge('Memory in use within the heap of JavaScript.'),
  nodejs_eventloop_lag_p50_seconds: gauge(
    'How late the event loop comes to its work: half of the times since the scrape before are below this.'
  ),
  nodejs_eventloop_lag_p99_seconds: gauge('The same, for 99 of 100 times.'),
  nodejs_eventloop_lag_max_seconds: gauge('The same, the longest.')
}

/** Reads what is to know of this process. */
export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_STEP_MS })
  readonly #version = programVersion()

  constructor() {
    this.#delay.enable()
  }

  read(): Readings<typeof PROCESS_METRICS> {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    return {
      anabranch_build_info: [{ labels: { version: this.#version, node: process.versions.node }, value: 1 }],
      process_start_time_seconds: performance.timeOrigin / 1000,
      process_cpu_seconds_total: (user + system) / 1e6,
      process_resident_memory_bytes: rss,
      process_open_fds: openFiles(),
      process_max_fds: finite(openFilesLimit()),
      nodejs_heap_used_bytes: heapUsed,
      ...this.#lag()
    }
  }

  stop(): void {
    this.#delay.disable()
  }

  #lag() {
    // What is measured is the time between two looks, and before the first of them it is 0.
    const late = (spanNs: number) => Math.max(0, spanNs / 1e6 - DELAY_STEP_MS) / 1000
    const lag = {
      nodejs_eventloop_lag_p50_seconds: late(this.#delay.percentile(50)),
      nodejs_eventloop_lag_p99_seconds: late(this.#delay.percentile(99)),
      nodejs_eventloop_lag_max_seconds: late(this.#delay.max)
    }
    this.#delay.reset()
    return lag
  }
}

/** Undefined where the system does not tell. */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return undefined
  }
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
