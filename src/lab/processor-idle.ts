import { cpus } from 'node:os'

/**
 * Starts to watch the machine's processors. The returned function gives the share of their time
 * that was idle since then.
 */
export function watchProcessorIdle(): () => number {
  const before = processorTimes()
  return () => {
    const after = processorTimes()
    const total = after.total - before.total
    return total === 0 ? 1 : (after.idle - before.idle) / total
  }
}

function processorTimes(): { idle: number; total: number } {
  const times = cpus().map(processor => processor.times)
  return {
    idle: times.reduce((sum, time) => sum + time.idle, 0),
    total: times.reduce((sum, time) => sum + time.idle + time.user + time.sys + time.nice + time.irq, 0)
  }
}
