import type { InputTensor, ProofTerms, Tensor, TensorTerms } from '../../domain/tensor-terms.ts'

/** What `GET /v1/models` says of a provable model: what it takes and answers, and what a proof of that costs. */
export const tensorMembers = (
  tensors: TensorTerms | undefined,
): Readonly<Record<string, unknown>> =>
  tensors === undefined
    ? {}
    : {
        inputs: tensors.inputs.map(inputObject),
        outputs: tensors.outputs.map(tensorObject),
        proof: tensors.proof === undefined ? null : proofObject(tensors.proof),
      }

const tensorObject = ({ name, shape, scaleBits }: Tensor) => ({
  name,
  shape,
  scale_bits: scaleBits,
})

/** In numbers as callers write them: one bound for all values, or one for each. */
const inputObject = (tensor: InputTensor) => ({
  ...tensorObject(tensor),
  minima: tensor.minima.map((bound) => bound / 2 ** tensor.scaleBits),
  maxima: tensor.maxima.map((bound) => bound / 2 ** tensor.scaleBits),
})

const proofObject = ({ system, circuit, vkHash, setup, costs }: ProofTerms) => ({
  system,
  circuit,
  vk_hash: vkHash,
  setup,
  seconds: costs.proveSeconds ?? null,
  memory_bytes: costs.memoryBytes ?? null,
  verify_gas: costs.verifyGas ?? null,
})
