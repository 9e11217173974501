/*
 * Development keys of this package's own circuits and of its provable models, from a tau that everybody knows: marked dev-insecure in every artefact and
 * proof, and refused by contracts outside of a development chain.
 *
 *   npm run zk:dev                 all of models/, then all of circuits/
 *   npm run zk:dev -- usage        those with that in their names
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Result } from '../src/base/result.ts'
import { circuitSourceOf } from '../src/model-deployment/model-circuit.ts'
import { circuitProgramOf } from '../src/provable/circuit-program-of.ts'
import { readFixedPointGraph } from '../src/provable/read-fixed-point-graph.ts'
import type { CircuitSource } from '../src/prover/circuit-source.ts'
import { buildCircuit } from '../src/prover/prover.ts'
import {
  defaultProverPlace,
  findProvers,
  type ProverPackage,
  proverVersions,
} from '../src/prover/prover-place.ts'
import { readCircuits } from '../src/prover/read-circuit.ts'

type ProvenManifest = { readonly id: string; readonly proving: { readonly system: string } }

const root = resolve(import.meta.dirname, '..')
const everyProver = Object.keys(proverVersions) as ProverPackage[]
if (!findProvers(defaultProverPlace, everyProver).ok) {
  const install = spawnSync('npm', ['run', 'zk:install'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (install.status !== 0) process.exit(install.status ?? 1)
}

const [wanted = ''] = process.argv.slice(2)
const everySource = [...modelSources(), ...readCircuits(resolve(root, 'circuits'))]
const sources = everySource.filter(({ name }) => name.includes(wanted))
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

/** The circuits that the manifests in models/ name: they take seconds, so they come first. */
function modelSources(): readonly CircuitSource[] {
  const folders = readdirSync(resolve(root, 'models')).map((name) => resolve(root, 'models', name))
  return folders
    .filter((folder) => existsSync(resolve(folder, 'graph.json')))
    .map((folder) => {
      const { id, proving } = parsed(resolve(folder, 'manifest.json')) as ProvenManifest
      const graph = orThrow(readFixedPointGraph(parsed(resolve(folder, 'graph.json'))))
      const language = proving.system === 'groth16' ? 'circom' : 'noir'
      return circuitSourceOf(id, orThrow(circuitProgramOf(graph)), language)
    })
}

function parsed(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function orThrow<T>(result: Result<T, unknown>): T {
  if (result.ok) return result.value
  throw new Error(JSON.stringify(result.error))
}
