/*
 * The prover of a gateway: src/prover behind the port that the gateway asks. Each proof is made, and verified, in a process of its
 * own, which takes the graph's answer as a claim: a circuit has no witness for another one.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { ProvingConfig } from '../config-proving.ts'
import type { ProofSystem, ProofTerms } from '../domain/tensor-terms.ts'
import { inferencePublicInputs } from '../proofs/inference-inputs.ts'
import type { Proof } from '../proofs/proof.ts'
import { openArtefacts } from '../prover/artefacts-folder.ts'
import type { JobOptions } from '../prover/job-bounds.ts'
import { prove } from '../prover/prover.ts'
import type { ProverFailure } from '../prover/prover-failure.ts'
import {
  defaultProverPlace,
  findProvers,
  type ProverPackage,
  type ProverPlace,
} from '../prover/prover-place.ts'
import type { ProofFault, ProofTask, Prover } from '../proving/prover-port.ts'

export function openModelProver(config: ProvingConfig): Prover {
  const place = placeOf(config)
  return {
    readiness: ({ system }) => {
      const found = findProvers(place, packages[system])
      // Callers are told this: where provers lie on the gateway's machine is not for them.
      return found.ok
        ? ok(undefined)
        : err(`the prover of ${system} is not installed: 'npm run zk:install' does it`)
    },
    prove: async (task, { signal, onProgress }) => {
      const { timeoutMs, memoryBytesMax } = config
      return proveTask(task, { place, signal, timeoutMs, memoryBytesMax, onProgress })
    },
  }
}

/** What a proof takes beyond what its circuit was built with. */
const packages: Readonly<Record<ProofSystem, readonly ProverPackage[]>> = {
  groth16: ['snarkjs'],
  ultrahonk: ['@aztec/bb.js', '@noir-lang/noir_js'],
  ezkl: ['@ezkljs/engine'],
}

const placeOf = (config: ProvingConfig): ProverPlace => ({
  proversFolder: config.proversFolder ?? defaultProverPlace.proversFolder,
  zkHome: config.homeFolder ?? defaultProverPlace.zkHome,
  ...(config.rapidsnark !== undefined && { rapidsnark: config.rapidsnark }),
  ...(config.ceremony !== undefined && { ceremony: definedOf(config.ceremony) }),
  threads: config.threads,
})

const definedOf = ({ ptauSha256, crsFolder }: NonNullable<ProvingConfig['ceremony']>) => ({
  ...(ptauSha256 !== undefined && { ptauSha256 }),
  ...(crsFolder !== undefined && { crsFolder }),
})

async function proveTask(
  { proof: terms, input, output }: ProofTask,
  options: JobOptions,
): Promise<Result<Proof, ProofFault>> {
  const artefacts = await openArtefacts(terms.folder)
  if (!artefacts.ok) return err('crashed')
  const values = inferencePublicInputs('packed', { inputs: input, outputs: output })
  const inputs = { values: values.map((value) => String(BigInt(value))) }
  const proven = await prove({ artefacts: artefacts.value, inputs }, options)
  if (!proven.ok) return err(faultOf(proven.error))
  return isOf(proven.value, terms, values) ? ok(proven.value) : err('unsound')
}

/** That it holds was seen where it was made; that it is of what was asked is seen here. */
const isOf = (proof: Proof, { vkHash }: ProofTerms, values: Proof['publicInputs']): boolean =>
  proof.vkHash === vkHash &&
  proof.publicInputs.length === values.length &&
  proof.publicInputs.every((input, index) => input === values[index])

function faultOf({ reason }: ProverFailure): ProofFault {
  switch (reason) {
    case 'cancelled':
      return 'cancelled'
    case 'timed_out':
      return 'timeout'
    case 'memory_exceeded':
      return 'memory'
    case 'proof_false':
      return 'unsound'
    case 'inputs_refused':
      return 'output_mismatch'
    default:
      return 'crashed'
  }
}
