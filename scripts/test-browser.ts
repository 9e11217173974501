/*
 * Tests in a real Chromium: the page that checks receipts, and verifiedFetch as a page uses it. Fails where there is none.
 *
 *   node scripts/test-browser.ts                                 with the system's (Debian: apt-get install chromium)
 *   VOUCH_CHROMIUM=/path/to/chromium node scripts/test-browser.ts
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const { status, error } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
if (error !== undefined) throw error
process.exit(status ?? 1)
