/*
 * Tests with real provers: installs them apart from this package, whose users need none of them, and runs test/zk.
 *
 *   node scripts/test-zk.ts                 everything; circuits/node_modules is 300 MB, ezkl's Python package 45 MB
 *   node scripts/test-zk.ts prover-build    the files with that in their names
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import {
  defaultProverPlace,
  findProvers,
  type ProverPackage,
  proverVersions,
} from '../src/prover/prover-place.ts'

const root = resolve(import.meta.dirname, '..')

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}

const wanted = Object.keys(proverVersions) as ProverPackage[]
if (!findProvers(defaultProverPlace, wanted).ok) run('npm', ['run', 'zk:install'])
run(process.execPath, [join(root, 'scripts/install-ezkl.ts')])
run(process.execPath, [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--config',
  'vitest.zk.config.ts',
  ...process.argv.slice(2),
])
