import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const E2E = 'test/e2e/**/*.test.ts'
/** They compare what an emulated network carries with what it should: nothing else may run meanwhile. */
const MEASURED = ['test/e2e/lab-emulation.test.ts', 'test/e2e/lab-simulate.test.ts']
/** Unit tests that put others in the place of modules, which goes only before these are loaded. */
const MOCKING = globSync('test/**/*.test.ts', { exclude: ['test/e2e/**'] }).filter(file =>
  readFileSync(file, 'utf8').includes('vi.mock(')
)
const PROGRAMS = { testTimeout: 120_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests that run at once are end to end, and each has some processes.
    maxConcurrency: 3,
    // As many files at once as there are processors. By default it is one less.
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [E2E, ...MOCKING],
          // The modules are loaded once for all files of a worker, and what a file has changed is taken back.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true
        }
      },
      { extends: true, test: { name: 'mocking', include: MOCKING } },
      {
        extends: true,
        test: { name: 'e2e', include: [E2E], exclude: MEASURED, ...PROGRAMS, sequence: { groupOrder: 1 } }
      },
      {
        extends: true,
        test: {
          name: 'measured',
          include: MEASURED,
          ...PROGRAMS,
          fileParallelism: false,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
})
