import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CircuitArtefacts } from '../src/prover/circuit-artefacts.ts'
import { usageOfTree } from '../src/prover/process-tree.ts'
import type { CircuitInputs } from '../src/prover/prover.ts'
import { defaultProverPlace } from '../src/prover/prover-place.ts'

/** Often enough that the last look is close to the end. */
const lookIntervalMs = 10

export type PlainCost = { readonly cpuMs: number; readonly peakMemoryBytes: number }

/** What the same proof takes by snarkjs' own command, as its guide has it: witness and proof, and nobody verifies it. */
export async function plainSnarkjs(
  { folder }: CircuitArtefacts,
  { inputs, scratch }: { readonly inputs: CircuitInputs; readonly scratch: string },
): Promise<PlainCost> {
  const inputFile = join(scratch, 'input.json')
  writeFileSync(inputFile, JSON.stringify(inputs))
  const command = join(defaultProverPlace.proversFolder, 'node_modules/snarkjs/build/cli.cjs')
  const circuit = [join(folder, 'circuit.wasm'), join(folder, 'pk')]
  const outputs = [join(scratch, 'proof.json'), join(scratch, 'public.json')]
  const child = spawn(
    process.execPath,
    [command, 'groth16', 'fullprove', inputFile, ...circuit, ...outputs],
    { stdio: 'ignore' },
  )
  const cost = { cpuMs: 0, peakMemoryBytes: 0 }
  const watch = setInterval(async () => {
    const { cpuMs, memoryBytes } = await usageOfTree(child.pid ?? 0)
    cost.cpuMs = Math.max(cost.cpuMs, cpuMs)
    cost.peakMemoryBytes = Math.max(cost.peakMemoryBytes, memoryBytes)
  }, lookIntervalMs)
  const [code] = await once(child, 'exit')
  clearInterval(watch)
  if (code !== 0) throw new Error(`snarkjs ended with ${code}`)
  return cost
}
