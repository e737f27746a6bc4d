import * as modules from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { main } from '../main.ts'

/**
 * Buffers from this size on are given back to the system when they are freed, not kept by malloc: a source's blocks, or
 * what a client holds for a slow reader, would else leave 25 MB of holes. glibc reads it at the start of a process only.
 */
const MMAP_THRESHOLD = { MALLOC_MMAP_THRESHOLD_: '131072' }

/** Loads the program with its compiled code cached, which shortens the time to its first packet by a third. */
export function runMain(name: Parameters<typeof main>[0]): void {
  if (isLongLived()) restartWith(MMAP_THRESHOLD)
  // Absent in a Node that is too old, which the program then says.
  if (modules.enableCompileCache) {
    modules.enableCompileCache()
    tuneRuntime()
  }
  void import('../main.ts').then(program => program.main(name))
}

function tuneRuntime(): void {
  // Segments pass through and are garbage at once. V8 would give them up to 130 MB of room before it looks; this keeps
  // the young generation at its first size, at no measurable cost in time.
  setFlagsFromString('--semi-space-growth-factor=1')
  // Heaps are small: to hand a collection to other threads costs more than to do it. Set this late, it leaves concurrent
  // marking as it is.
  setFlagsFromString('--single-threaded-gc')
  // V8's last compiler was at work all through a fetch, in each process, for code that is not called often enough to win that
  // back. What is, as at 100 Mbit/s, it still compiles.
  setFlagsFromString('--invocation-count-for-turbofan=15000')
}

/** Daemons, and clients whose reader may pause: for them 40 ms more to start do not matter. */
function isLongLived(): boolean {
  const args = process.argv.slice(2)
  const isStream = args.some((arg, index) => ['-o', '--output'].includes(arg) && args[index + 1] === '-')
  return isStream || args.slice(0, 2).includes('start')
}

/** Starts the same program in the same process once more with these variables, where the system can and they are not set. */
function restartWith(variables: Record<string, string>): void {
  const isSet = Object.keys(variables).every(name => process.env[name] !== undefined)
  if (isSet || process.platform !== 'linux' || process.execve === undefined) return
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, args, { ...process.env, ...variables })
}
