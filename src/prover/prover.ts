/*
 * Circuits are built and proofs made here, each in a process of its own:
 *
 *   buildCircuit(source) → artefacts        compile, keys, and for ultrahonk the verifier contract
 *   prove({ artefacts, inputs }) → proof    witness, proof, and its verification before anybody sees it
 *
 * A job ends in one of three ways: with its value, with a `ProverFailure`, or with the death of the process that asked for it,
 * which its own processes notice. Whatever a prover does, a crash or a hang or 20 GB of memory, is a failure of the job alone.
 */
import type { Result } from '../base/result.ts'
import type { Proof } from '../proofs/proof.ts'
import type { CircuitArtefacts } from './circuit-artefacts.ts'
import type { CircuitSource } from './circuit-source.ts'
import type { JobOptions } from './job-bounds.ts'
import type { ProverFailure } from './prover-failure.ts'

export type InputValue =
  | string
  | number
  | boolean
  | readonly InputValue[]
  | { readonly [name: string]: InputValue }

/** By the name of the signal or parameter; field elements as decimal or 0x text. ezkl: its own `{ input_data: [[…]] }`. */
export type CircuitInputs = Readonly<Record<string, InputValue>>

export type ProveTask = { readonly artefacts: CircuitArtefacts; readonly inputs: CircuitInputs }

export type Prove = (task: ProveTask, options?: JobOptions) => Promise<Result<Proof, ProverFailure>>

export type BuildCircuit = (
  source: CircuitSource,
  options?: JobOptions,
) => Promise<Result<CircuitArtefacts, ProverFailure>>
