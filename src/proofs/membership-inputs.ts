/*
 * A membership statement of one receipt, and the inputs of circuits/noir/membership: a statement exists here exactly where the
 * circuit has a proof of it.
 */
import { type Hex, hexOf } from '../base/hex.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256Hex } from '../chain/keccak.ts'
import { receiptDigest } from '../chain/receipt-typed-data.ts'
import { recoverPublicKey } from '../chain/signatures.ts'
import { rootFrom } from '../chain/sorted-merkle-tree.ts'
import { type DomainSeparator, hashWord } from '../chain/typed-data.ts'
import type { SignedReceipt } from '../domain/receipt.ts'
import {
  type Address,
  type Bytes32,
  type UnixSeconds,
  zeroAddress,
  zeroBytes32,
} from '../domain/units.ts'
import {
  type CircuitValue,
  type CircuitValues,
  halvesValue,
  numberValue,
  receiptValue,
  rsValue,
  wordValue,
} from './circuit-values.ts'
import {
  type MembershipStatement,
  membershipLevelsMax,
  membershipNullifier,
} from './membership-statement.ts'

/** 65 bytes as 0x and digits, the only signature that the circuit takes. */
const plainDigits = 132

/** What the prover wants to say of its receipt. */
export type MembershipClaim = {
  readonly domain: DomainSeparator
  readonly tiers: number
  readonly finishedAfter: UnixSeconds
  readonly finishedBefore: UnixSeconds
  readonly scope: Bytes32
  readonly bound: Address
  /** From the receipt's leaf to the root, as the gateway's log answers them. */
  readonly siblings: readonly Bytes32[]
}

export type MembershipRefusal = {
  readonly reason:
    | 'tiers_missing'
    | 'finished_outside'
    | 'path_too_long'
    | 'signature_malformed'
    | 'bound_missing'
  readonly detail: string
}

export function membershipStatement(
  { receipt, gatewaySignature }: SignedReceipt,
  claim: MembershipClaim,
): Result<MembershipStatement, MembershipRefusal> {
  const { domain, tiers, finishedAfter, finishedBefore, scope, bound, siblings } = claim
  const { work } = receipt
  if ((receipt.tiers & tiers) !== tiers) {
    return refuse('tiers_missing', `the receipt has tiers ${receipt.tiers}, not all of ${tiers}`)
  }
  if (work.finishedAt < finishedAfter || work.finishedAt > finishedBefore) {
    return refuse('finished_outside', `it was finished at ${work.finishedAt}, not within that time`)
  }
  if (siblings.length > membershipLevelsMax) {
    return refuse(
      'path_too_long',
      `the log’s batch has more than 2^${membershipLevelsMax} receipts`,
    )
  }
  if (bound === zeroAddress) return refuse('bound_missing', 'nobody could use the proof')
  const digest = receiptDigest(domain, receipt)
  if (gatewaySignature.length > plainDigits) {
    return refuse(
      'signature_malformed',
      'its signature is shared with other receipts: ask for the receipt with ?signature=plain',
    )
  }
  const gatewayKey = recoverPublicKey(digest, gatewaySignature)
  if (gatewayKey === undefined) {
    return refuse('signature_malformed', 'no key of secp256k1 signed the receipt')
  }
  return ok({
    domainSeparator: hexOf(domain.slice('1901'.length)) as Bytes32,
    root: rootFrom(keccak256Hex(hashWord(digest)), siblings),
    modelId: work.modelId,
    tiers,
    finishedAfter,
    finishedBefore,
    gateway: work.gateway,
    gatewayKey,
    scope,
    nullifier: membershipNullifier(receipt.receiptId, scope),
    bound,
  })
}

const refuse = (
  reason: MembershipRefusal['reason'],
  detail: string,
): Result<never, MembershipRefusal> => err({ reason, detail })

export function membershipInputs(
  statement: MembershipStatement,
  { receipt, gatewaySignature }: SignedReceipt,
  siblings: readonly Bytes32[],
): CircuitValues {
  const unused = Array<Bytes32>(membershipLevelsMax - siblings.length).fill(zeroBytes32)
  return {
    statement: statementValue(statement),
    receipt: receiptValue(receipt),
    place: {
      channel_id: wordValue(receipt.channelId),
      channel_seq: numberValue(receipt.channelSeq),
      price_hash: wordValue(receipt.priceHash),
      prev_receipt: wordValue(receipt.prevReceipt),
    },
    gateway_signature: rsValue(gatewaySignature),
    levels: siblings.length,
    siblings: [...siblings, ...unused].map(wordValue),
  }
}

const statementValue = (statement: MembershipStatement): CircuitValue => ({
  domain_separator: halvesValue(statement.domainSeparator),
  root: halvesValue(statement.root),
  model_id: halvesValue(statement.modelId),
  tiers: statement.tiers,
  finished_after: numberValue(statement.finishedAfter),
  finished_before: numberValue(statement.finishedBefore),
  gateway: statement.gateway,
  gateway_key_x: halvesValue(keyWord(statement.gatewayKey, 0)),
  gateway_key_y: halvesValue(keyWord(statement.gatewayKey, 1)),
  scope: halvesValue(statement.scope),
  nullifier: halvesValue(statement.nullifier),
  bound: statement.bound,
})

const keyWord = (key: Hex, index: 0 | 1): Bytes32 =>
  hexOf(key.slice(2 + 64 * index, 66 + 64 * index)) as Bytes32
