import type { Address, Bytes32, Signature, UnixSeconds } from './units.ts'

/** A closed batch of the transparency log, as the gateway signs it. Member order is the EIP-712 order. */
export type LogHead = {
  /** Operator address of the gateway whose receipts these are. */
  readonly gateway: Address
  /** Counts from 0; the contract counts the same. */
  readonly batch: number
  /** Of the sorted-pair tree over the batch's leaves (chain/sorted-merkle-tree.ts). */
  readonly root: Bytes32
  /** Receipts in the batch, at least 1. */
  readonly count: number
  /** `gatewaySeq` of its first receipt; the others follow without a gap. */
  readonly firstSeq: number
  /** The fold of all batches up to this one: keccak256(abi.encode(head before, root, count)). */
  readonly head: Bytes32
  /** sha256 of the batch's entries as they are served (log-entries.ts): a sorted tree does not commit to an order. */
  readonly entriesHash: Bytes32
  readonly closedAt: UnixSeconds
}

export type SignedLogHead = { readonly head: LogHead; readonly signature: Signature }

/** `gatewaySeq` of the batch's last receipt. */
export const lastSeqOf = ({ firstSeq, count }: Pick<LogHead, 'firstSeq' | 'count'>): number =>
  firstSeq + count - 1
