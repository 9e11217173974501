import { defineConfig } from 'vitest/config'

/** One process a file (real sockets, real chains, worker threads), and no more at once than two small cores can carry. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    provide: {
      chaosRounds: Number(process.env['VOUCH_CHAOS_ROUNDS'] ?? 9),
      chaosSeed: Number(process.env['VOUCH_CHAOS_SEED'] ?? 20_261_122),
    },
    // .ci/run counts from the report; a person wants the list alone.
    reporters:
      process.env['CI'] === undefined
        ? ['default']
        : ['default', ['json', { outputFile: '.vouch/vitest-results.json' }]],
  },
})
