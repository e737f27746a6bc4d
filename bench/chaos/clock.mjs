import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

// Loaded before a role by the chaos run: lets the calendar of this one process jump. SIGUSR2 has it read anew by
// how many milliseconds its calendar is ahead, from the file that ANABRANCH_CHAOS_CLOCK names.
const file = process.env.ANABRANCH_CHAOS_CLOCK
const SystemDate = Date
let aheadMs = 0

globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    if (parts.length === 0) super(SystemDate.now() + aheadMs)
    else super(...parts)
  }

  static now() {
    return SystemDate.now() + aheadMs
  }
}

function read() {
  aheadMs = Number(readFileSync(file, 'utf8'))
}

if (file) {
  read()
  if (isMainThread) process.on('SIGUSR2', read)
}
