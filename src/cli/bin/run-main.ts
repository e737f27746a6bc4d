import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { main } from '../main.ts'

/** Loads the program with its compiled code cached, which shortens the time to its first packet by a third. */
export function runMain(name: Parameters<typeof main>[0]): void {
  enableCompileCache()
  // Segments pass through and are garbage at once. V8 would give them up to 130 MB of room before it looks; this keeps
  // the young generation at its first size, at no measurable cost in time.
  setFlagsFromString('--semi-space-growth-factor=1')
  void import('../main.ts').then(program => program.main(name))
}
