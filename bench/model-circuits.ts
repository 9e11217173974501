/*
 * What circuits of models cost, measured beside what predict-costs.ts says before anything starts.
 *
 *   node bench/model-circuits.ts [groth16|ultrahonk|ezkl …]     needs `npm run zk:install`; minutes
 */
import { parseArgs } from 'node:util'
import { packedValues } from '../src/base/packed-tensor.ts'
import { circuitProgramOf } from '../src/provable/circuit-program-of.ts'
import { evaluate } from '../src/provable/evaluate.ts'
import type { FixedPointGraph } from '../src/provable/fixed-point-graph.ts'
import { type ProofCost, predictCosts } from '../src/provable/predict-costs.ts'
import { writeCircom } from '../src/provable/write-circom.ts'
import { writeEzkl } from '../src/provable/write-ezkl.ts'
import { noirManifest, writeNoir } from '../src/provable/write-noir.ts'
import type { CircuitSource } from '../src/prover/circuit-source.ts'
import type { ProverCost } from '../src/prover/job-bounds.ts'
import { buildCircuit, type CircuitInputs, prove } from '../src/prover/prover.ts'
import {
  convolutionModel,
  denseModel,
  someInput,
  treeModel,
} from '../test/support/circuit-models.ts'
import { expectOk } from '../test/support/dev-chain.ts'

const models: Readonly<Record<string, FixedPointGraph>> = {
  'dense-4-6-2': denseModel([4, 6, 2]),
  'dense-16-32-16-1': denseModel([16, 32, 16, 1]),
  'dense-64-64-32-1': denseModel([64, 64, 32, 1]),
  'convolution-8x8': convolutionModel(),
  'trees-20x4': treeModel(20, 4),
}
const systems = ['groth16', 'ultrahonk', 'ezkl'] as const

const { positionals } = parseArgs({ allowPositionals: true })
const wanted = systems.filter((system) => positionals.length === 0 || positionals.includes(system))

process.stdout.write(
  'model | system | constraints | build cpu s | prove cpu s | memory MB | proof bytes\n',
)
for (const [name, graph] of Object.entries(models)) {
  const predicted = predictCosts(graph)
  for (const system of wanted) {
    const source = sourceOf(graph, name, system)
    const said = predicted.ok && predicted.value.find((cost) => cost.system === system)
    if (source === undefined || !said) continue
    const row = await measured(graph, system, source)
    process.stdout.write(`${[name, system, ...cells(row, said)].join(' | ')}\n`)
  }
}

type Measured = Omit<ProofCost, 'system' | 'verifyGas' | 'publicInputs'>

async function measured(
  graph: FixedPointGraph,
  system: ProofCost['system'],
  source: CircuitSource,
): Promise<Measured> {
  const costs: ProverCost[] = []
  const onCost = (cost: ProverCost): void => void costs.push(cost)
  const artefacts = expectOk(await buildCircuit(source, { onCost }))
  const x = someInput(graph, 1)
  const y = evaluate(graph, x)
  const inputs: CircuitInputs =
    system === 'ezkl'
      ? { input_data: [[...x]] }
      : { values: [...packedValues(x), ...packedValues(y.ok ? y.value : [])].map(String) }
  const proof = expectOk(await prove({ artefacts, inputs }, { onCost }))
  const [build, proving] = costs.length === 2 ? costs : [undefined, costs[0]]
  return {
    constraints: artefacts.artefact.constraints,
    buildCpuS: (build?.cpuMs ?? Number.NaN) / 1000,
    proveCpuS: (proving?.cpuMs ?? Number.NaN) / 1000,
    memoryBytes: proving?.peakMemoryBytes ?? Number.NaN,
    proofBytes: proof.proof.length / 2 - 1,
  }
}

/** Measured, and in brackets what was predicted. */
function cells(row: Measured, said: ProofCost): readonly string[] {
  const cell = (member: keyof Measured, digits = 0, unit = 1): string =>
    `${(row[member] / unit).toFixed(digits)} (${(said[member] / unit).toFixed(digits)})`
  return [
    cell('constraints'),
    cell('buildCpuS', 1),
    cell('proveCpuS', 2),
    cell('memoryBytes', 0, 2 ** 20),
    cell('proofBytes'),
  ]
}

function sourceOf(
  graph: FixedPointGraph,
  name: string,
  system: ProofCost['system'],
): CircuitSource | undefined {
  if (system === 'ezkl') {
    const circuit = writeEzkl(graph)
    if (!circuit.ok) return undefined
    const { compiled, settings } = circuit.value
    const files = { 'model.compiled': compiled, 'settings.json': settings }
    return { name, system, entry: 'model.compiled', files }
  }
  const program = expectOk(circuitProgramOf(graph))
  return system === 'groth16'
    ? { name, system, entry: 'model.circom', files: { 'model.circom': writeCircom(program) } }
    : {
        name,
        system,
        entry: '.',
        files: { 'Nargo.toml': noirManifest, 'src/main.nr': writeNoir(program) },
      }
}
