/* A model's circuit as its prover takes it, and what it is asked to prove. */
import type { CircuitProgram } from '../provable/circuit-program.ts'
import { packedValues } from '../provable/packed-values.ts'
import { writeCircom } from '../provable/write-circom.ts'
import { noirManifest, writeNoir } from '../provable/write-noir.ts'
import type { CircuitSource } from '../prover/circuit-source.ts'
import type { CircuitInputs } from '../prover/prover.ts'

/** What `--prove` names beside ezkl and auto. */
export type CircuitLanguage = 'circom' | 'noir'

/** `name` is the model's: it stands in every proof. */
export const circuitSourceOf = (
  name: string,
  program: CircuitProgram,
  language: CircuitLanguage,
): CircuitSource =>
  language === 'circom'
    ? {
        name,
        system: 'groth16',
        files: { 'model.circom': writeCircom(program) },
        entry: 'model.circom',
      }
    : {
        name,
        system: 'ultrahonk',
        files: { 'Nargo.toml': noirManifest, 'src/main.nr': writeNoir(program) },
        entry: '.',
      }

/** The circuit knows nothing but its public inputs: all else follows from them. */
export const inferenceInputs = (
  input: ArrayLike<number>,
  output: ArrayLike<number>,
): CircuitInputs => ({
  values: [...packedValues(input), ...packedValues(output)].map((element) => String(element)),
})
