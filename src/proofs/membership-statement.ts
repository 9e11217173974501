/*
 * What a membership proof says: somebody knows a receipt of this gateway, for this model, with at least these tiers, finished
 * within this time, whose digest lies under this root. Nothing else of the receipt is shown. Public inputs of
 * circuits/noir/membership and of MembershipProofs.sol.
 */
import { type Hex, hexOf } from '../base/hex.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { hashWord } from '../chain/typed-data.ts'
import type { Address, Bytes32, UnixSeconds } from '../domain/units.ts'
import { halvesOf, numberWord } from './statement-words.ts'

/** Levels of a tree of 4,096 receipts, the largest batch that a gateway anchors. */
export const membershipLevelsMax = 12

export type MembershipStatement = {
  /** Hash of the receipts' EIP-712 domain: chain and ReceiptVerifier. */
  readonly domainSeparator: Bytes32
  /** Anybody may anchor a root: that the receipt is the gateway's, its signature says, which the circuit checks. */
  readonly root: Bytes32
  readonly modelId: Bytes32
  /** Bits that the receipt has, perhaps among others. */
  readonly tiers: number
  /** Both inclusive. The gateway's key must have been active at both ends. */
  readonly finishedAfter: UnixSeconds
  readonly finishedBefore: UnixSeconds
  /** Operator account. */
  readonly gateway: Address
  /** 64 bytes, x ‖ y, of the key that signed the receipt. */
  readonly gatewayKey: Hex
  /** What the proof is for, such as a contract and an occasion. */
  readonly scope: Bytes32
  /** One for each receipt and scope: who keeps those that it saw, lets a receipt in once. */
  readonly nullifier: Bytes32
  /** The only account that may use the proof. */
  readonly bound: Address
}

/** Field elements of a statement. */
export const membershipInputCount = 19

export const membershipPublicInputs = (statement: MembershipStatement): readonly Bytes32[] => [
  ...halvesOf(statement.domainSeparator),
  ...halvesOf(statement.root),
  ...halvesOf(statement.modelId),
  numberWord(statement.tiers),
  numberWord(statement.finishedAfter),
  numberWord(statement.finishedBefore),
  numberWord(statement.gateway),
  ...halvesOf(hexOf(statement.gatewayKey.slice(2, 66)) as Bytes32),
  ...halvesOf(hexOf(statement.gatewayKey.slice(66)) as Bytes32),
  ...halvesOf(statement.scope),
  ...halvesOf(statement.nullifier),
  numberWord(statement.bound),
]

/**
 * keccak256(receiptId ‖ scope). A receipt's id has 160 random bits and stands in no log, so that nobody can tell from its
 * digest, which does, which nullifier is its own; the gateway and whoever else was shown the receipt can.
 */
export const membershipNullifier = (receiptId: Bytes32, scope: Bytes32): Bytes32 =>
  keccak256Hex(hashWord(receiptId) + hashWord(scope))
