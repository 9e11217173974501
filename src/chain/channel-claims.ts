import { err, ok, type Result } from '../base/result.ts'
import type { ChannelConfig } from '../domain/channel.ts'
import type { Address, AtomicAmount, Signature } from '../domain/units.ts'
import { badAnswer, type ChainFailure } from './chain-failure.ts'
import { type ClaimRow, claimCall } from './channel-settlement.ts'
import { claimBatchDigest } from './channel-typed-data.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'
import type { PrivateKey } from './private-key.ts'
import { signDigest } from './signatures.ts'
import type { DomainSeparator } from './typed-data.ts'

/** What becomes of one row: ClaimStatus.sol, in its order. */
const claimStatuses = [
  'claimed',
  'claimed_in_part',
  'nothing_new',
  'voucher_signature_invalid',
  'exceeds_voucher',
  'not_authorized',
  'nothing_left',
] as const
export type ClaimStatus = (typeof claimStatuses)[number]

/** Claims every row that can be claimed, and skips the others. Our addition to x402's contract. */
export const claimBestEffortCall = (
  settlement: Contract,
  rows: readonly ClaimRow[],
  authorization: Signature,
): ContractCall => ({
  contract: settlement,
  functionName: 'claimBestEffort',
  args: [...claimCall(settlement, rows).args, authorization],
})

/** All rows or none, by anyone who has the receiverAuthorizer's signature of the batch. */
export const claimWithSignatureCall = (
  settlement: Contract,
  rows: readonly ClaimRow[],
  authorization: Signature,
): ContractCall => ({
  contract: settlement,
  functionName: 'claimWithSignature',
  args: [...claimCall(settlement, rows).args, authorization],
})

/** The receiverAuthorizer's word that these rows may be claimed, whoever sends them. */
export const signClaimBatch = (
  domain: DomainSeparator,
  rows: readonly ClaimRow[],
  privateKey: PrivateKey,
): Signature => signDigest(claimBatchDigest(domain, rows), privateKey)

/** Gives back to the payer what of the channel is unclaimed, at most `amount`. The receiver's side sends it. */
export const refundCall = (
  settlement: Contract,
  refund: { readonly config: ChannelConfig; readonly amount: AtomicAmount },
): ContractCall => ({
  contract: settlement,
  functionName: 'refund',
  args: [refund.config, refund.amount],
})

/** Whether the contract has `claimBestEffort`: only it refuses an empty batch by name. */
export async function hasBestEffort(
  rpc: JsonRpc,
  settlement: Contract,
): Promise<Result<boolean, ChainFailure>> {
  const probed = await readContract(rpc, {
    contract: settlement,
    functionName: 'claimBestEffort',
    args: [[], '0x'],
  })
  if (probed.ok) return ok(false)
  if (probed.error.reason !== 'reverted') return err(probed.error)
  return ok(probed.error.error.startsWith('NoClaims('))
}

/** What `claimBestEffort` would make of each row now. */
export async function simulateBestEffort(
  rpc: JsonRpc,
  call: ContractCall & { readonly from: Address },
): Promise<Result<readonly ClaimStatus[], ChainFailure>> {
  const answer = await readContract(rpc, call)
  if (!answer.ok) return answer
  const statuses = (answer.value[0] as readonly bigint[]).map(
    (status) => claimStatuses[Number(status)],
  )
  if (statuses.every((status) => status !== undefined)) return ok(statuses)
  const method = 'ChannelSettlement.claimBestEffort'
  return err(badAnswer({ origin: rpc.origin, method, detail: 'an unknown status' }))
}
