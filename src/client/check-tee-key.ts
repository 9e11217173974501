/*
 * Tier 16: that the key which signed the Work was bound to a trusted execution environment when it did, by a quote on record
 * in the TierEvidence contract behind the receipt's own verifier. The contract judged the quote; what is asked here is whether.
 */
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { findFaultContracts } from '../chain/slashing-contract.ts'
import { readBoundAt } from '../chain/tier-evidence.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import type { Signers } from './recover-signers.ts'

export async function checkTeeKey(
  rpc: JsonRpc | undefined,
  { receipt, domain }: ParsedReceipt,
  { contributor: signer }: Signers,
): Promise<CheckLine> {
  const check = 'tee-key'
  if (rpc === undefined) return unknown(check, 'which keys are bound, a chain tells: add --rpc')
  if (signer.kind !== 'key') return unknown(check, 'the Work is not signed by a plain key')
  const contracts = await findFaultContracts(rpc, domain.verifyingContract)
  if (!contracts.ok) return unknown(check, describeChainFailure(contracts.error))
  const { contributor: operator, finishedAt } = receipt.work
  const tierEvidence = contracts.value.tierEvidence.address
  const bound = await readBoundAt(rpc, { tierEvidence, operator, key: signer.address }, finishedAt)
  if (!bound.ok) return unknown(check, describeChainFailure(bound.error))
  return bound.value
    ? holds(
        check,
        `${tierEvidence} has a quote for ${signer.address} that covers second ${finishedAt}`,
      )
    : fails(check, `${tierEvidence} has no quote for ${signer.address} at second ${finishedAt}`)
}
