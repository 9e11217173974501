import { existsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const chromium = process.env['VOUCH_CHROMIUM'] ?? usual.find((path) => existsSync(path))
if (chromium === undefined) {
  throw new Error(
    `no Chromium at ${usual.join(', ')}: install one (Debian: apt-get install chromium) or name one by VOUCH_CHROMIUM`,
  )
}

/** Tests in a real Chromium, run by scripts/test-browser.ts. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.spec.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    provide: { chromium },
  },
})
