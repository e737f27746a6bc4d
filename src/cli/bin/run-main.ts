import { enableCompileCache } from 'node:module'
import type { main } from '../main.ts'

/** Loads the program with its compiled code cached, which halves the time to its first packet. */
export function runMain(name: Parameters<typeof main>[0]): void {
  enableCompileCache()
  void import('../main.ts').then(program => program.main(name))
}
