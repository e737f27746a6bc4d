import { defineConfig } from 'vitest/config'

const E2E = 'test/e2e/**/*.test.ts'
/** They compare what an emulated network carries with what it should: nothing else may run meanwhile. */
const MEASURED = ['test/e2e/lab-emulation.test.ts', 'test/e2e/lab-simulate.test.ts']
/** Rooms in which everything is pure: no test of them can leave anything behind for the next one. */
const PURE = ['pattern', 'paths', 'planner', 'protocol', 'simulation', 'topology', 'units'].map(
  room => `test/${room}/**/*.test.ts`
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
      // The modules are loaded once for all files of a worker.
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [E2E, ...PURE] }
      },
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
