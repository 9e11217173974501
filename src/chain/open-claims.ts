/*
 * Claims that anybody may send, on channels whose receiverAuthorizer is an OpenClaimAuthorizer: it approves a batch by the
 * entries alone and approves nothing else, so that such a channel cannot be refunded by the gateway.
 */
import { ok, type Result } from '../base/result.ts'
import { type Address, type Signature, signature, zeroBytes32 } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type ClaimRow, claimCall, settleCall } from './channel-settlement.ts'
import { hashClaimEntry } from './channel-typed-data.ts'
import { type Contract, type ContractCall, codeAt, encodeCall } from './contracts.ts'
import { create2Address } from './deployment.ts'
import {
  openClaimAuthorizerBytecode,
  openClaimAuthorizerDeployedBytecode,
} from './generated/open-claim-authorizer.ts'
import type { JsonRpc } from './json-rpc.ts'

/** Where `vouch contracts deploy` puts it on every chain: it has no arguments and no owner. */
export const openClaimAuthorizerAddress: Address = create2Address({
  creationCode: openClaimAuthorizerBytecode,
  salt: zeroBytes32,
})

/** The "signature" of a ClaimBatch that an OpenClaimAuthorizer takes: the hashes of its entries in the order of the rows. */
const openClaimSignature = (rows: readonly ClaimRow[]): Signature =>
  signature(`0x${rows.map((row) => hashClaimEntry(row).slice(2)).join('')}`)

/** All rows or none. Whoever sends it pays the gas and gets nothing: the money goes to each channel's receiver. */
export const openClaimCall = (settlement: Contract, rows: readonly ClaimRow[]): ContractCall => ({
  contract: settlement,
  functionName: 'claimWithSignature',
  args: [...claimCall(settlement, rows).args, openClaimSignature(rows)],
})

/** Claims every row and pays every receiver, in one transaction. */
export async function claimAndSettleCall(
  settlement: Contract,
  rows: readonly ClaimRow[],
): Promise<ContractCall> {
  const accounts = new Map(
    rows.map(({ config: { receiver, token } }) => [receiver + token, { receiver, token }]),
  )
  const settled = [...accounts.values()].map((account) => settleCall(settlement, account))
  const calls = await Promise.all([openClaimCall(settlement, rows), ...settled].map(encodeCall))
  return { contract: settlement, functionName: 'multicall', args: [calls] }
}

/** Whether claims on channels with this receiverAuthorizer are open to all: it has exactly the code that we know. */
export async function isOpenClaimAuthorizer(
  rpc: JsonRpc,
  account: Address,
): Promise<Result<boolean, ChainFailure>> {
  const code = await codeAt(rpc, account)
  return code.ok ? ok(code.value === openClaimAuthorizerDeployedBytecode) : code
}
