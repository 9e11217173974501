import { assert } from '../base/assert.ts'
import { foldHead, leafOfDigest } from '../chain/log-head-typed-data.ts'
import { type MerkleTree, merkleTree, rootOf } from '../chain/sorted-merkle-tree.ts'
import { batchReceiptsMax, entriesHashOf, logEntriesText } from '../domain/log-entries.ts'
import { type LogHead, lastSeqOf } from '../domain/log-head.ts'
import { type Address, type Bytes32, type UnixSeconds, zeroBytes32 } from '../domain/units.ts'

export const treeOf = (digests: readonly Bytes32[]): MerkleTree =>
  merkleTree(digests.map(leafOfDigest))

/**
 * The batch that follows `before` with these receipts, in the order of `gatewaySeq`. The same input is the same batch, on
 * every replica and after every crash.
 */
export function formBatch(terms: {
  readonly gateway: Address
  /** Undefined: it is the first. */
  readonly before: LogHead | undefined
  readonly digests: readonly Bytes32[]
  readonly closedAt: UnixSeconds
}): LogHead {
  const { gateway, before, digests, closedAt } = terms
  const count = digests.length
  assert(count > 0 && count <= batchReceiptsMax, 'a batch has from 1 to 4096 receipts')
  const root = rootOf(treeOf(digests))
  const firstSeq = before === undefined ? 1 : lastSeqOf(before) + 1
  return {
    gateway,
    batch: before === undefined ? 0 : before.batch + 1,
    root,
    count,
    firstSeq,
    head: foldHead(before?.head ?? zeroBytes32, { root, count }),
    entriesHash: entriesHashOf(logEntriesText(firstSeq, digests)),
    closedAt,
  }
}
