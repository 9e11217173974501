import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inferenceCoordinatorAbi } from '../../../src/chain/generated/inference-coordinator.ts'
import { decodeJobTerms, encodeJobTerms, hashJobTerms } from '../../../src/chain/job-terms.ts'
import { keccak256Hex } from '../../../src/chain/keccak.ts'
import type { JobTerms } from '../../../src/domain/contract-job.ts'
import { address, bytes32 } from '../../../src/domain/units.ts'

const digits = (length: number) =>
  fc.string({
    unit: fc.constantFrom(...'0123456789abcdef'),
    minLength: length,
    maxLength: length,
  })
const amount = (bits: bigint) => fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
const count = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })

const arbitraryTerms: fc.Arbitrary<JobTerms> = fc.record({
  modelId: digits(64).map((hex) => bytes32(`0x${hex}`)),
  gateway: digits(40).map((hex) => address(`0x${hex}`)),
  minTiers: count(16),
  promptAtomicPerMtok: amount(128n),
  completionAtomicPerMtok: amount(128n),
  maxFee: amount(96n),
  deliveryFee: amount(96n),
  deliveryTime: count(32),
  callbackGas: count(32),
  agreement: count(8),
  answersMax: count(8),
})

/** As the contract's own ABI has it, so that a member that moves is noticed. */
const tuple = inferenceCoordinatorAbi
  .filter((entry) => entry.type === 'function')
  .find(({ name }) => name === 'isPayable')?.inputs[1]
const encodedByEthers = (terms: JobTerms) => {
  const components = (tuple as unknown as { components: readonly { name: keyof JobTerms }[] })
    .components
  return AbiCoder.defaultAbiCoder().encode(
    [`tuple(${components.map((component) => (component as { type?: string }).type).join(',')})`],
    [components.map(({ name }) => terms[name])],
  )
}

describe('the terms of a job', () => {
  test('are encoded as the contract does, and read back', () => {
    fc.assert(
      fc.property(arbitraryTerms, (terms) => {
        const encoded = encodeJobTerms(terms)
        expect(encoded).toBe(encodedByEthers(terms))
        expect(decodeJobTerms(encoded)).toEqual(terms)
        expect(decodeJobTerms(`0x${encoded.slice(2).toUpperCase()}`)).toEqual(terms)
        expect(hashJobTerms(terms)).toBe(keccak256Hex(encoded.slice(2)))
      }),
    )
  })

  test('are not read from what is no such encoding', () => {
    fc.assert(
      fc.property(arbitraryTerms, fc.integer({ min: 1, max: 10 }), (terms, word) => {
        const encoded = encodeJobTerms(terms)
        // The top bit of every member but the first is beyond its type.
        const at = 2 + word * 64
        expect(decodeJobTerms(`${encoded.slice(0, at)}8${encoded.slice(at + 1)}`)).toBeUndefined()
        expect(decodeJobTerms(`${encoded}00`)).toBeUndefined()
        expect(decodeJobTerms(encoded.slice(0, -2))).toBeUndefined()
        expect(decodeJobTerms(encoded.slice(2))).toBeUndefined()
        expect(decodeJobTerms(`0x${'zz'.repeat(352)}`)).toBeUndefined()
      }),
    )
    expect(decodeJobTerms('')).toBeUndefined()
  })
})
