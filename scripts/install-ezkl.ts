/*
 * ezkl's Python package of the engine's version, in a virtual environment under the zk home: needs python3 with its venv module
 * (Debian: python3-venv) and a package index.
 *
 *   node scripts/install-ezkl.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  findPythonEzkl,
  pythonEzklFolder,
  pythonEzklVersion,
} from '../src/prover/ezkl/python-ezkl.ts'
import { defaultProverPlace } from '../src/prover/prover-place.ts'

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error === undefined && status === 0) return
  process.stderr.write(`install-ezkl: '${command} ${args.join(' ')}' failed\n`)
  process.exit(1)
}

if (!(await findPythonEzkl(defaultProverPlace)).ok) {
  const folder = pythonEzklFolder(defaultProverPlace)
  mkdirSync(defaultProverPlace.zkHome, { recursive: true })
  run('python3', ['-m', 'venv', folder])
  const pip = ['install', '--quiet', '--disable-pip-version-check', `ezkl==${pythonEzklVersion}`]
  run(join(folder, 'bin/python'), ['-m', 'pip', ...pip])
}
const found = await findPythonEzkl(defaultProverPlace)
process.stdout.write(
  `${found.ok ? `ezkl ${pythonEzklVersion}: ${found.value.python}` : found.error.message}\n`,
)
if (!found.ok) process.exitCode = 1
