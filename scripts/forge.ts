// Runs forge in contracts/, so that npm scripts need no shell and no `cd`: `node scripts/forge.ts test`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const run = spawnSync(join(root, 'node_modules/.bin/forge'), process.argv.slice(2), {
  cwd: join(root, 'contracts'),
  stdio: 'inherit',
})
if (run.error !== undefined) process.stderr.write(`forge cannot run: ${run.error.message}\n`)
process.exit(run.status ?? 1)
