/*
 * Reading calls to the contracts behind a receipt: ReceiptVerifier, the two operator registries it
 * names, and the channel contract. The casts are safe because an answer that does not decode by the
 * ABI is already a failure in contracts.ts.
 */
import { ok, type Result } from '../base/result.ts'
import type { SignedReceipt } from '../domain/receipt.ts'
import { type Address, address, type Bytes32, bytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { channelSettlementAt } from './channel-settlement.ts'
import { readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import { gatewayRegistryAt } from './operator-registry.ts'
import { receiptVerifierAt } from './receipt-verifier.ts'

type Answer<T> = Promise<Result<T, ChainFailure>>

/** The contracts' Policy: zero in a member asks nothing. */
export type ContractPolicy = {
  readonly modelId: Bytes32
  readonly minTiers: number
  readonly maxAge: number
  readonly gateway: Address
}

/** Operator of a registry, amounts in atomic units of the registry's asset. */
export type RegisteredOperator = {
  readonly stake: bigint
  readonly unbonding: bigint
  /** 0 never registered, 1 open, 2 paused. */
  readonly state: number
}

/**
 * From when until when a key signs for an operator, unix seconds; `activeFrom` 0: never,
 * `revokedAt` 0: no end.
 */
export type SigningKeyEpoch = { readonly activeFrom: bigint; readonly revokedAt: bigint }

export async function callVerify(
  rpc: JsonRpc,
  verifier: Address,
  { receipt, contributorSignature, gatewaySignature }: SignedReceipt,
): Answer<{ readonly ok: boolean; readonly digest: Bytes32 }> {
  const answer = await readContract(rpc, {
    contract: receiptVerifierAt(verifier),
    functionName: 'verify',
    args: [receipt, contributorSignature, gatewaySignature],
  })
  if (!answer.ok) return answer
  const [valid, digest] = answer.value as [boolean, string]
  return ok({ ok: valid, digest: bytes32(digest) })
}

export async function callVerifyContent(
  rpc: JsonRpc,
  verifier: Address,
  question: {
    readonly signed: SignedReceipt
    readonly content: Uint8Array
    readonly policy: ContractPolicy
  },
): Answer<boolean> {
  const { receipt, contributorSignature, gatewaySignature } = question.signed
  return only(
    await readContract(rpc, {
      contract: receiptVerifierAt(verifier),
      functionName: 'verifyContent',
      args: [receipt, contributorSignature, gatewaySignature, question.content, question.policy],
    }),
  )
}

/** 0 unknown · 1 anchored · 2 challenged · 3 invalidated. */
export async function readReceiptStatus(
  rpc: JsonRpc,
  verifier: Address,
  digest: Bytes32,
): Answer<number> {
  const answer = only<bigint>(
    await readContract(rpc, {
      contract: receiptVerifierAt(verifier),
      functionName: 'status',
      args: [digest],
    }),
  )
  return answer.ok ? ok(Number(answer.value)) : answer
}

/** The registry that the verifier looks keys up in. */
export async function readRegistry(
  rpc: JsonRpc,
  verifier: Address,
  role: 'gateways' | 'contributors',
): Answer<Address> {
  const answer = only<string>(
    await readContract(rpc, {
      contract: receiptVerifierAt(verifier),
      functionName: role,
      args: [],
    }),
  )
  return answer.ok ? ok(address(answer.value)) : answer
}

export async function readSigningKey(
  rpc: JsonRpc,
  registry: Address,
  signer: { readonly operator: Address; readonly key: Address },
): Answer<SigningKeyEpoch> {
  const answer = await readContract(rpc, {
    // Both registries have the operators' part of the ABI.
    contract: gatewayRegistryAt(registry),
    functionName: 'signingKeys',
    args: [signer.operator, signer.key],
  })
  if (!answer.ok) return answer
  const [activeFrom, revokedAt] = answer.value as [bigint, bigint]
  return ok({ activeFrom, revokedAt })
}

export async function readOperator(
  rpc: JsonRpc,
  registry: Address,
  operator: Address,
): Answer<RegisteredOperator> {
  const answer = only<{ stake: bigint; unbonding: bigint; state: bigint }>(
    await readContract(rpc, {
      // Both registries have the operators' part of the ABI.
      contract: gatewayRegistryAt(registry),
      functionName: 'operators',
      args: [operator],
    }),
  )
  if (!answer.ok) return answer
  const { stake, unbonding, state } = answer.value
  return ok({ stake, unbonding, state: Number(state) })
}

/** Unix seconds; 0 when this sheet was never published. */
export async function readPriceSheetPublishedAt(
  rpc: JsonRpc,
  registry: Address,
  priceHash: Bytes32,
): Answer<bigint> {
  return only(
    await readContract(rpc, {
      // Both registries have the operators' part of the ABI.
      contract: gatewayRegistryAt(registry),
      functionName: 'priceSheetPublishedAt',
      args: [priceHash],
    }),
  )
}

/** Atomic units of the channel's asset; both 0 for a channel that does not exist. */
export async function readChannelSums(
  rpc: JsonRpc,
  settlement: Address,
  channelId: Bytes32,
): Answer<{ readonly balance: bigint; readonly totalClaimed: bigint }> {
  const answer = await readContract(rpc, {
    contract: channelSettlementAt(settlement),
    functionName: 'channels',
    args: [channelId],
  })
  if (!answer.ok) return answer
  const [balance, totalClaimed] = answer.value as [bigint, bigint]
  return ok({ balance, totalClaimed })
}

const only = <T>(answer: Result<readonly unknown[], ChainFailure>): Result<T, ChainFailure> =>
  answer.ok ? ok(answer.value[0] as T) : answer
