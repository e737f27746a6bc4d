import { defineConfig } from 'vitest/config'

const E2E = 'test/e2e/**/*.test.ts'

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests that run at once are end to end, and each has some processes.
    maxConcurrency: 3,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [E2E] } },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [E2E],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each test runs several programs at full speed: one after the other, and after all others.
          fileParallelism: false,
          sequence: { groupOrder: 1 }
        }
      }
    ]
  }
})
