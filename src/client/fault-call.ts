import type { ContractCall } from '../chain/contracts.ts'
import type { FaultContracts } from '../chain/slashing-contract.ts'
import type { FaultEvidence } from './fault-evidence.ts'

/** The transaction that reports it: a slash, or for S4 a challenge and for S7 an accusation. */
export function faultCall(evidence: FaultEvidence, contracts: FaultContracts): ContractCall {
  const { slashing, inclusion, panel } = contracts
  switch (evidence.kind) {
    case 'S1': {
      if ('works' in evidence) {
        const [first, second] = evidence.works
        const args = [first.work, first.signature, second.work, second.signature]
        return { contract: slashing, functionName: 'reportWorkEquivocation', args }
      }
      const [first, second] = evidence.checkpoints
      const args = [first.checkpoint, first.signature, second.checkpoint, second.signature]
      return { contract: slashing, functionName: 'reportCheckpointEquivocation', args }
    }
    case 'S2': {
      const [first, second] = evidence.receipts
      const args = [first.receipt, first.gatewaySignature, second.receipt, second.gatewaySignature]
      return { contract: slashing, functionName: 'reportReceiptEquivocation', args }
    }
    case 'S3': {
      const args = [evidence.receipt, evidence.gatewaySignature, evidence.priceSheet]
      return { contract: slashing, functionName: 'reportOvercharge', args }
    }
    case 'S4': {
      const args = [evidence.receipt, evidence.gatewaySignature]
      return { contract: inclusion, functionName: 'challenge', args }
    }
    case 'S5': {
      const args = [evidence.receipt, evidence.gatewaySignature, evidence.tier]
      return { contract: slashing, functionName: 'reportFalseTier', args }
    }
    case 'S6':
      return { contract: slashing, functionName: 'reportNonDelivery', args: [evidence.jobId] }
    case 'S7': {
      const args = [evidence.receipt, evidence.contributorSignature, evidence.gatewaySignature]
      return { contract: panel, functionName: 'accuse', args }
    }
  }
}
