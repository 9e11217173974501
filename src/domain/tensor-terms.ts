import type { Bytes32 } from './units.ts'

/**
 * What a provable model reads and answers. On the wire all is integers: those of all inputs behind each other, and those of all
 * outputs. An integer `v` of a tensor stands for `v / 2^scaleBits`.
 */
export type TensorTerms = {
  readonly inputs: readonly InputTensor[]
  readonly outputs: readonly Tensor[]
  /** How its answers can be proven here; undefined where they cannot. */
  readonly proof?: ProofTerms | undefined
}

export type Tensor = {
  readonly name: string
  /** As callers write it, row-major. */
  readonly shape: readonly number[]
  readonly scaleBits: number
}

/** The integers that each value may have, one for each or one for all: within 32 bits. */
export type InputTensor = Tensor & {
  readonly minima: readonly number[]
  readonly maxima: readonly number[]
}

export type ProofSystem = 'groth16' | 'ultrahonk' | 'ezkl'

/** What a proof is made with, and what it costs as far as that is known. */
export type ProofTerms = {
  readonly system: ProofSystem
  readonly circuit: string
  readonly vkHash: Bytes32
  /** `dev-insecure`: anybody can make proofs that hold. Else the sha256 of the ceremony's file. */
  readonly setup: 'dev-insecure' | Bytes32
  /** Folder of the circuit's artefacts, on this machine. */
  readonly folder: string
  readonly costs: ProofCosts
}

type ProofCosts = {
  readonly proveSeconds?: number | undefined
  readonly memoryBytes?: number | undefined
  readonly verifyGas?: number | undefined
}

export const valueCountOf = (tensors: readonly Pick<Tensor, 'shape'>[]): number =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0)
