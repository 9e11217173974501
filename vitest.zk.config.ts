import { defineConfig } from 'vitest/config'

/** Tests with real provers, run by scripts/test-zk.ts: one file at a time, since a proof takes every processor that there is. */
export default defineConfig({
  test: {
    include: ['test/zk/**/*.spec.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})
