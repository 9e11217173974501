// Runs forge in contracts/, so that npm scripts need no shell and no `cd`: `node scripts/forge.ts test`.
// In CI the tests run once more over what is compiled already, for a report that can be counted.
import { spawnSync } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)

function forge(forgeArgs: readonly string[], stdout: 'inherit' | number): number {
  const run = spawnSync(join(root, 'node_modules/.bin/forge'), forgeArgs, {
    cwd: join(root, 'contracts'),
    stdio: ['inherit', stdout, 'inherit'],
  })
  if (run.error !== undefined) process.stderr.write(`forge cannot run: ${run.error.message}\n`)
  return run.status ?? 1
}

const code = forge(args, 'inherit')
// biome-ignore lint/style/noProcessEnv: only CI wants the report.
if (code === 0 && args[0] === 'test' && process.env['CI'] !== undefined) {
  mkdirSync(join(root, '.vouch'), { recursive: true })
  forge(['test', '--json'], openSync(join(root, '.vouch', 'forge-results.json'), 'w'))
}
process.exit(code)
