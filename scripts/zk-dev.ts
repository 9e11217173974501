/*
 * Development keys of this package's own circuits, from a tau that everybody knows: marked dev-insecure in every artefact and
 * proof, and refused by contracts outside of a development chain.
 *
 *   npm run zk:dev                 all circuits of circuits/
 *   npm run zk:dev -- usage        those with that in their names
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { buildCircuit } from '../src/prover/prover.ts'
import {
  defaultProverPlace,
  findProvers,
  type ProverPackage,
  proverVersions,
} from '../src/prover/prover-place.ts'
import { readCircuits } from '../src/prover/read-circuit.ts'

const root = resolve(import.meta.dirname, '..')
const everyProver = Object.keys(proverVersions) as ProverPackage[]
if (!findProvers(defaultProverPlace, everyProver).ok) {
  const install = spawnSync('npm', ['run', '--silent', 'zk:install'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (install.status !== 0) process.exit(install.status ?? 1)
}

const [wanted = ''] = process.argv.slice(2)
const sources = readCircuits(resolve(root, 'circuits')).filter(({ name }) => name.includes(wanted))
if (sources.length === 0) {
  process.stderr.write(`zk:dev: no circuit has '${wanted}' in its name\n`)
  process.exitCode = 1
}
for (const source of sources) {
  let seconds = ''
  const built = await buildCircuit(source, {
    onCost: ({ cpuMs }) => {
      seconds = `, ${(cpuMs / 1000).toFixed(1)} CPU seconds`
    },
  })
  const line = built.ok
    ? `dev-insecure ${source.system} ${source.name}: ${built.value.artefact.constraints} rows${seconds}, ${built.value.folder}`
    : `${source.name}: ${built.error.message}`
  process.stdout.write(`${line}\n`)
  if (!built.ok) process.exitCode = 1
}
