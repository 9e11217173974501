import { Interface, type ParamType, TypedDataEncoder } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { slashingAbi } from '../../src/chain/generated/slashing.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { anyAddress, anyBytes32, anyTime, anyUint64 } from '../support/arbitraries.ts'

const anyUint32 = fc.nat({ max: 2 ** 32 - 1 })
const anyCheckpoint = fc.record({
  jobId: anyBytes32,
  gateway: anyAddress,
  contributor: anyAddress,
  index: anyUint32,
  streamHash: anyBytes32,
  completionTokens: anyUint32,
  signedAt: anyTime,
})

/** The struct as the contract that punishes for it has it. */
const members = (
  new Interface(slashingAbi).getFunction('reportCheckpointEquivocation')?.inputs[0]?.components ??
  []
).map(({ name, type }: ParamType) => ({ name, type }))

test('a checkpoint hashes as ethers hashes the struct of the contract', () => {
  expect(members).toHaveLength(7)
  let compared = 0
  fc.assert(
    fc.property(anyCheckpoint, anyUint64, anyAddress, (checkpoint, chainId, verifyingContract) => {
      const domain = { name: 'Vouch Receipts', version: '1', chainId, verifyingContract }
      expect(checkpointDigest(receiptDomain({ chainId, verifyingContract }), checkpoint)).toBe(
        TypedDataEncoder.hash(domain, { Checkpoint: members }, checkpoint),
      )
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})
