// Preloaded into a process: at its end it writes what it has used into the file USAGE_FILE, as JSON of a ProcessUsage.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const path = process.env.USAGE_FILE
if (isMainThread && path)
  process.on('exit', () => {
    const { user, system } = process.cpuUsage()
    const status = readFileSync('/proc/self/status', 'utf8')
    const [peakKib, nowKib] = ['VmHWM', 'VmRSS'].map(what =>
      Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)[1])
    )
    const used = { cpuSeconds: (user + system) / 1e6, peakMib: peakKib / 1024, nowMib: nowKib / 1024 }
    writeFileSync(path, JSON.stringify(used))
  })
