/* A model's circuit as its prover takes it, and what it is asked to prove. */

import { packedValues } from '../base/packed-tensor.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { CircuitProgram } from '../provable/circuit-program.ts'
import type { FixedPointGraph } from '../provable/fixed-point-graph.ts'
import { writeCircom } from '../provable/write-circom.ts'
import { writeEzkl } from '../provable/write-ezkl.ts'
import { noirManifest, writeNoir } from '../provable/write-noir.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import type { CircuitInputs } from '../prover/prover.ts'

/** What `--prove` names beside auto. */
export type CircuitLanguage = WrittenLanguage | 'ezkl'
/** Those that take every graph. */
type WrittenLanguage = 'circom' | 'noir'

/** `name` is the model's: it stands in every proof. */
export const circuitSourceOf = (
  name: string,
  program: CircuitProgram,
  language: WrittenLanguage,
): CircuitSource =>
  language === 'circom'
    ? {
        name,
        system: 'groth16',
        // Named as `vouch zk` reads it from a file, so that keys of a ceremony are found again.
        files: { [`${name}.circom`]: writeCircom(program) },
        entry: `${name}.circom`,
      }
    : {
        name,
        system: 'ultrahonk',
        files: { 'Nargo.toml': noirManifest, 'src/main.nr': writeNoir(program) },
        entry: '.',
      }

/** The same of ezkl, by our own writer: of dense models alone. The error says which layer it does not take. */
export function ezklSourceOf(name: string, graph: FixedPointGraph): Result<CircuitSource, string> {
  const written = writeEzkl(graph)
  if (!written.ok) return err(`ezkl: ${written.error.layer}: ${written.error.detail}`)
  const { compiled, settings } = written.value
  const files = { 'model.compiled': compiled, 'settings.json': settings }
  return ok({ name, system: 'ezkl', files, entry: 'model.compiled' })
}

/** The circuit knows nothing but its public inputs: all else follows from them. ezkl computes the output itself. */
export const inferenceInputs = (
  input: ArrayLike<number>,
  output: ArrayLike<number>,
  language: CircuitLanguage = 'circom',
): CircuitInputs =>
  language === 'ezkl'
    ? { input_data: [Array.from(input)] }
    : {
        values: [...packedValues(input), ...packedValues(output)].map((element) => String(element)),
      }
