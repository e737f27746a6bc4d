// Preloaded into a process: keeps the longest pause of its event loop, in milliseconds, in the file LOOP_DELAY_FILE. The
// file is written every half a second; the pause counts from when the file was last removed.
import { existsSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const path = process.env.LOOP_DELAY_FILE
if (isMainThread && path) {
  const delays = monitorEventLoopDelay({ resolution: 2 })
  delays.enable()
  setInterval(() => {
    if (!existsSync(path)) delays.reset()
    writeFileSync(path, String(delays.max / 1e6))
  }, 500).unref()
}
