import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { main } from '../main.ts'
import { MALLOC_TUNABLES } from '../malloc-tunables.ts'
import { holdSignals } from '../signals.ts'

/** Loads the program with its compiled code cached, which shortens the time to its first packet by a third. */
export function runMain(name: Parameters<typeof main>[0]): void {
  holdSignals()
  // Programs that this one starts have settings of their own, so ours are removed.
  if (process.env.GLIBC_TUNABLES === MALLOC_TUNABLES) delete process.env.GLIBC_TUNABLES
  enableCompileCache()
  tuneRuntime(name === 'director' || process.argv[2] === 'director')
  void import('../main.ts').then(program => program.main(name))
}

function tuneRuntime(isDirector: boolean): void {
  // Segments pass through and soon become garbage. V8 would let up to 130 MB of them pile up before
  // it collects; this setting keeps the young generation at its first size, at no measurable cost
  // in time. A director has no segments: what many nodes tell at once outlives so small a young
  // generation, and collecting it took a quarter of its time.
  if (!isDirector) setFlagsFromString('--semi-space-growth-factor=1')
  // Heaps are small: handing a collection to other threads costs more than doing it. Set as late as
  // here, the flag does not change concurrent marking; the V8 of Node 22 is not prepared for that
  // and ends the process at a later collection.
  if (Number.parseInt(process.versions.node, 10) >= 24) setFlagsFromString('--single-threaded-gc')
  // V8's last compiler was at work all through a fetch, in each process, for code that is called
  // too rarely to win the effort back. Code that is called often enough, as at 100 Mbit/s, is still
  // compiled.
  setFlagsFromString('--invocation-count-for-turbofan=15000')
}
