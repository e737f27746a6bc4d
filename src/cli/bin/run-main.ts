import * as modules from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { main } from '../main.ts'
import { MALLOC_TUNABLES } from '../malloc-tunables.ts'

/** Loads the program with its compiled code cached, which shortens the time to its first packet by a third. */
export function runMain(name: Parameters<typeof main>[0]): void {
  // What this program starts has settings of its own.
  if (process.env.GLIBC_TUNABLES === MALLOC_TUNABLES) delete process.env.GLIBC_TUNABLES
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
