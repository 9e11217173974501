import { keccak256Hex } from '../../src/chain/keccak.ts'
import { receiptDigest } from '../../src/chain/receipt-typed-data.ts'
import { merkleTree, rootOf, siblingsOf } from '../../src/chain/sorted-merkle-tree.ts'
import { hashWord } from '../../src/chain/typed-data.ts'
import { address, type Bytes32, unixSeconds } from '../../src/domain/units.ts'
import type { MembershipClaim } from '../../src/proofs/membership-inputs.ts'
import type { PricedReceipt } from '../../src/proofs/usage-range.ts'
import { usageDomain, usageReceipts, wordOf } from './usage-receipts.ts'

export type MembershipPlace = {
  readonly receipt: PricedReceipt
  readonly claim: MembershipClaim
  readonly root: Bytes32
}

/** A receipt in a batch of so many, with what is said of it. */
export function membershipPlace(
  leaves: number,
  change: Partial<MembershipClaim> = {},
): MembershipPlace {
  const [receipt] = usageReceipts([{}])
  if (receipt === undefined) throw new Error('there is a receipt')
  const leaf = keccak256Hex(hashWord(receiptDigest(usageDomain, receipt.receipt)))
  const others = Array.from({ length: leaves - 1 }, (_, index) => wordOf(2_000 + index))
  const tree = merkleTree([leaf, ...others])
  const { finishedAt } = receipt.receipt.work
  return {
    receipt,
    root: rootOf(tree),
    claim: {
      domain: usageDomain,
      tiers: 3,
      finishedAfter: unixSeconds(finishedAt - 3_600),
      finishedBefore: unixSeconds(finishedAt + 3_600),
      scope: wordOf(3_000),
      bound: address(`0x${'b0'.repeat(20)}`),
      siblings: siblingsOf(tree, 0),
      ...change,
    },
  }
}
