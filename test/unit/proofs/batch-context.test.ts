import { TypedDataEncoder } from 'ethers'
import { expect, test } from 'vitest'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { usageKeyDigest } from '../../../src/chain/usage-key-typed-data.ts'
import { batchContext } from '../../../src/proofs/batch-statement.ts'
import { signedBatchOf, someUsages } from '../../support/signed-batch.ts'
import { place, receipt } from '../../support/signed-receipt.ts'

const { statement } = signedBatchOf(someUsages(2))

test('the context is the hash that contracts and wallets make of the struct, without its last byte', () => {
  const types = {
    BatchContext: [
      { name: 'domainSeparator', type: 'bytes32' },
      { name: 'channelId', type: 'bytes32' },
      { name: 'gateway', type: 'address' },
      { name: 'contributor', type: 'address' },
      { name: 'priceHash', type: 'bytes32' },
      { name: 'previousDigest', type: 'bytes32' },
      { name: 'lastDigest', type: 'bytes32' },
      { name: 'firstFinishedAt', type: 'uint64' },
      { name: 'lastFinishedAt', type: 'uint64' },
    ],
  }
  const members = {
    ...statement,
    domainSeparator: TypedDataEncoder.hashDomain({
      name: 'Vouch Receipts',
      version: '1',
      ...place,
    }),
    priceHash: receipt.priceHash,
  }
  const hash = TypedDataEncoder.hashStruct('BatchContext', types, members)
  expect(batchContext(statement)).toBe(`0x00${hash.slice(2, -2)}`)
})

test('the endorsement is of typed data that any wallet signs', () => {
  const { contributor, usageKey } = statement
  const types = {
    UsageKey: [
      { name: 'contributor', type: 'address' },
      { name: 'usageKey', type: 'bytes32' },
    ],
  }
  const domain = { name: 'Vouch Receipts', version: '1', ...place }
  expect(usageKeyDigest(receiptDomain(place), { contributor, usageKey })).toBe(
    TypedDataEncoder.hash(domain, types, { contributor, usageKey }),
  )
})
