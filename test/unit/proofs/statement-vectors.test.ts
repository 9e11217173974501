import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { atomic, type Bytes32 } from '../../../src/domain/units.ts'
import {
  type MembershipStatement,
  membershipPublicInputs,
} from '../../../src/proofs/membership-statement.ts'
import { type UsageStatement, usagePublicInputs } from '../../../src/proofs/usage-statement.ts'

/* What contracts/test/vectors/StatementVectors.t.sol has the contracts ask for, held to what is computed here. */
type Amounts = 'total' | 'priced' | 'cumulative' | 'unsignedTotal'
type UsageVector = {
  readonly statement: Omit<UsageStatement, Amounts> & { readonly [K in Amounts]: string }
  readonly batchKey: Bytes32
  readonly treeKey: Bytes32
  readonly batchInputs: readonly Bytes32[]
  readonly treeInputs: readonly Bytes32[]
}

const vectors = JSON.parse(readFileSync('test/vectors/proof-statements.json', 'utf8')) as {
  readonly usage: readonly UsageVector[]
  readonly membership: readonly {
    readonly statement: MembershipStatement
    readonly inputs: readonly Bytes32[]
  }[]
}

test('the public inputs of usage are those of the vectors', () => {
  expect(vectors.usage).toHaveLength(3)
  for (const { statement, batchKey, treeKey, batchInputs, treeInputs } of vectors.usage) {
    const whole: UsageStatement = {
      ...statement,
      total: atomic(BigInt(statement.total)),
      priced: atomic(BigInt(statement.priced)),
      cumulative: atomic(BigInt(statement.cumulative)),
      unsignedTotal: atomic(BigInt(statement.unsignedTotal)),
    }
    expect(usagePublicInputs(whole)).toEqual(batchInputs)
    expect(usagePublicInputs(whole, { batchKey, treeKey })).toEqual(treeInputs)
  }
})

test('the public inputs of membership are those of the vectors', () => {
  expect(vectors.membership).toHaveLength(1)
  for (const { statement, inputs } of vectors.membership) {
    expect(membershipPublicInputs(statement)).toEqual(inputs)
  }
})
