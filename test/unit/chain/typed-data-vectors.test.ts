import { readFileSync } from 'node:fs'
import { TypedDataEncoder } from 'ethers'
import { expect, test } from 'vitest'
import {
  channelIdOf,
  claimBatchDigest,
  receiveWithAuthorizationDigest,
  voucherDigest,
} from '../../../src/chain/channel-typed-data.ts'
import { hashPriceSheet, receiptDigest, workDigest } from '../../../src/chain/receipt-typed-data.ts'
import {
  type DomainSeparator,
  domainSeparator,
  type TypedDataDomain,
} from '../../../src/chain/typed-data.ts'
import { type PrimaryType, solidityTypes } from '../../support/solidity-types.ts'

/** Amounts are decimal strings, every other integer is a number: both readers of the file (here and Solidity) take that. */
type Vector = {
  readonly name: string
  readonly primaryType: PrimaryType
  readonly domain: TypedDataDomain
  readonly value: Record<string, unknown>
  readonly structHash: string
  readonly digest: string
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/typed-data.json', import.meta.url), 'utf8'),
)

const hashOf: Record<PrimaryType, (domain: DomainSeparator, value: never) => string> = {
  Work: workDigest,
  Receipt: receiptDigest,
  // Not signed: a receipt names a sheet by its struct hash.
  PriceSheet: (_domain, value) => hashPriceSheet(value),
  ChannelConfig: channelIdOf,
  Voucher: voucherDigest,
  ClaimBatch: (domain, value: { claims: never }) => claimBatchDigest(domain, value.claims),
  ReceiveWithAuthorization: receiveWithAuthorizationDigest,
}

/** Turns the decimal strings of amounts into bigints, nested structs included. */
const withAmounts = (value: unknown): unknown => {
  if (typeof value === 'string' && /^\d+$/.test(value)) return BigInt(value)
  if (Array.isArray(value)) return value.map(withAmounts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withAmounts(member)]),
  )
}

test('the file has a vector of every type', () => {
  expect(new Set(vectors.map((vector) => vector.primaryType))).toEqual(
    new Set(Object.keys(solidityTypes)),
  )
})

test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
  const { primaryType, domain, value } = vector
  const types = solidityTypes[primaryType]
  expect(TypedDataEncoder.hashStruct(primaryType, types, value)).toBe(vector.structHash)
  expect(TypedDataEncoder.hash(domain, types, value)).toBe(vector.digest)

  const expected = primaryType === 'PriceSheet' ? vector.structHash : vector.digest
  const amounts = withAmounts(value) as never
  expect(hashOf[primaryType](domainSeparator(domain), amounts)).toBe(expected)
})
