import { defineConfig } from 'vitest/config'

/** An engine that somebody started by hand. */
const engineUrl = process.env['VOUCH_ENGINE_URL']

/** Tests that need an engine which is no dependency of ours; scripts/test-engines.ts installs it and runs them. */
export default defineConfig({
  test: {
    include: ['test/engines/**/*.spec.ts'],
    exclude: engineUrl === undefined ? ['test/engines/running-engine.spec.ts'] : [],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    provide: { llamaServer: process.env['VOUCH_LLAMA_SERVER'] ?? null, engineUrl: engineUrl ?? '' },
  },
})
