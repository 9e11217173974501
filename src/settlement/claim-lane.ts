import {
  claimBestEffortCall,
  claimWithSignatureCall,
  signClaimBatch,
} from '../chain/channel-claims.ts'
import { type ClaimRow, claimCall } from '../chain/channel-settlement.ts'
import type { Contract, ContractCall } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { Sender } from '../chain/transactions.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { noSignature } from '../domain/units.ts'

/** Where claims go, who sends them and who stands for them. */
export type ClaimLane = {
  readonly rpc: JsonRpc
  readonly settlement: Contract
  readonly sender: Sender
  /** The contract has `claimBestEffort`; the canonical one of x402 has not. */
  readonly bestEffort: boolean
  /** Signs for a sender that is only a relayer; undefined: the sender is the channels' receiver or receiverAuthorizer. */
  readonly authorizer:
    | { readonly privateKey: PrivateKey; readonly domain: DomainSeparator }
    | undefined
}

/** The call that claims these rows here. */
export function callFor(lane: ClaimLane, rows: readonly ClaimRow[]): ContractCall {
  const { settlement, authorizer } = lane
  const authorization =
    authorizer === undefined
      ? noSignature
      : signClaimBatch(authorizer.domain, rows, authorizer.privateKey)
  if (lane.bestEffort) return claimBestEffortCall(settlement, rows, authorization)
  return authorizer === undefined
    ? claimCall(settlement, rows)
    : claimWithSignatureCall(settlement, rows, authorization)
}
