import { hexOf } from '../base/hex.ts'
import type { Bytes32 } from '../domain/units.ts'
import { unixSeconds } from '../domain/units.ts'
import { type MembershipStatement, membershipPublicInputs } from './membership-statement.ts'
import { statementReader } from './statement-words.ts'

/** The statement that public inputs of circuits/noir/membership are of; undefined where they are of none. */
export function readMembershipInputs(inputs: readonly Bytes32[]): MembershipStatement | undefined {
  const read = statementReader(inputs)
  const [domainSeparator, root, modelId] = [read.word(), read.word(), read.word()]
  const [tiers, after, before] = [read.uint(16), read.uint(48), read.uint(48)]
  const gateway = read.address()
  const [keyX, keyY, scope, nullifier] = [read.word(), read.word(), read.word(), read.word()]
  const bound = read.address()
  if (!domainSeparator || !root || !modelId || !gateway || !keyX || !keyY) return undefined
  if (!scope || !nullifier || !bound) return undefined
  if (tiers === undefined || after === undefined || before === undefined) return undefined
  const statement: MembershipStatement = {
    ...{ domainSeparator, root, modelId, tiers: Number(tiers) },
    finishedAfter: unixSeconds(Number(after)),
    finishedBefore: unixSeconds(Number(before)),
    ...{ gateway, gatewayKey: hexOf(keyX.slice(2) + keyY.slice(2)), scope, nullifier, bound },
  }
  // A statement has one spelling, and nothing stands behind it.
  const same = membershipPublicInputs(statement)
  const isSame = same.length === inputs.length && same.every((word, at) => word === inputs[at])
  return isSame ? statement : undefined
}
