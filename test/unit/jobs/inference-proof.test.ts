import { AbiCoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeTensor } from '../../../src/base/wire-tensor.ts'
import { encodeInferenceProof } from '../../../src/jobs/inference-proof.ts'

const integers = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 })

test('is what Solidity decodes, whatever the numbers and however long the proof', () => {
  let runs = 0
  fc.assert(
    fc.property(integers, integers, fc.uint8Array({ maxLength: 100 }), (input, output, bytes) => {
      const proof = `0x${Buffer.from(bytes).toString('hex')}` as const
      const encoded = encodeInferenceProof({
        input: encodeTensor(Int32Array.from(input)),
        output: encodeTensor(Int32Array.from(output)),
        proof,
      })
      const coder = AbiCoder.defaultAbiCoder()
      expect(encoded).toBe(coder.encode(['int256[]', 'int256[]', 'bytes'], [input, output, proof]))
      runs += 1
    }),
  )
  expect(runs).toBeGreaterThan(0)
})
