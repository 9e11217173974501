import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** One process a file (real sockets, real chains, worker threads), and no more at once than two small cores can carry. */
export default defineConfig({
  resolve: {
    // Chance decides no verdict: the seed is fixed there, and can be told.
    alias: [
      {
        find: /^fast-check$/,
        replacement: join(import.meta.dirname, 'test/support/seeded-fast-check.ts'),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    provide: {
      chaosRounds: Number(process.env['VOUCH_CHAOS_ROUNDS'] ?? 9),
      propertySeed: Number(process.env['VOUCH_PROPERTY_SEED'] ?? 20_261_122),
      chaosSeed: Number(process.env['VOUCH_CHAOS_SEED'] ?? 20_261_122),
    },
    // .ci/run counts from the report; a person wants the list alone.
    reporters:
      process.env['CI'] === undefined
        ? ['default']
        : ['default', ['json', { outputFile: '.vouch/vitest-results.json' }]],
  },
})
