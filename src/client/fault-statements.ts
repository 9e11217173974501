/*
 * What of evidence was signed: the digests that the contracts compute, under the domain of the verifier that they serve.
 * Evidence of another chain or verifier gives other digests here, as it does there, and so nobody's signatures.
 */
import { checkpointDigest } from '../chain/checkpoint-typed-data.ts'
import {
  channelSeqFaultId,
  contradictionFaultId,
  gatewaySeqFaultId,
  jobFaultId,
  receiptFaultId,
  tierFaultId,
} from '../chain/fault-ids.ts'
import { receiptDigest, receiptDomain, workDigest } from '../chain/receipt-typed-data.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Receipt, SignedWork } from '../domain/receipt.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import type { FaultEvidence, GatewaySignedReceipt } from './fault-evidence.ts'
import type { ReceiptPlace } from './parse-receipt-document.ts'

/** The registry that an operator is in. */
export type FaultRole = 'contributor' | 'gateway'

/** One signature of the evidence, and what it is over. */
export type FaultStatement = {
  readonly role: FaultRole
  /** Whose key it must be. */
  readonly operator: Address
  readonly digest: Bytes32
  readonly signature: Signature
  /** Unix seconds at which the key must have been registered. */
  readonly atS: number
}

/** In the order in which the contracts look at them. None for S6. */
export function statementsOf(
  evidence: FaultEvidence,
  place: ReceiptPlace,
): readonly FaultStatement[] {
  const domain = receiptDomain(place)
  switch (evidence.kind) {
    case 'S1':
      if ('works' in evidence) return evidence.works.map((signed) => workStatement(domain, signed))
      return evidence.checkpoints.map(({ checkpoint, signature }) => ({
        role: 'contributor',
        operator: checkpoint.contributor,
        digest: checkpointDigest(domain, checkpoint),
        signature,
        atS: checkpoint.signedAt,
      }))
    case 'S2':
      return evidence.receipts.map((signed) => receiptStatement(domain, signed))
    case 'S3':
    case 'S4':
    case 'S5':
      return [receiptStatement(domain, evidence)]
    case 'S6':
      return []
    case 'S7': {
      const { work } = evidence.receipt
      const signature = evidence.contributorSignature
      return [workStatement(domain, { work, signature }), receiptStatement(domain, evidence)]
    }
  }
}

const workStatement = (
  domain: DomainSeparator,
  { work, signature }: SignedWork,
): FaultStatement => ({
  role: 'contributor',
  operator: work.contributor,
  digest: workDigest(domain, work),
  signature,
  atS: work.finishedAt,
})

const receiptStatement = (
  domain: DomainSeparator,
  { receipt, gatewaySignature }: GatewaySignedReceipt,
): FaultStatement => ({
  role: 'gateway',
  operator: receipt.work.gateway,
  digest: receiptDigest(domain, receipt),
  signature: gatewaySignature,
  atS: receipt.work.finishedAt,
})

/** Who loses stake; undefined for S6, where the coordinator alone knows. */
export function accusedOf(
  evidence: FaultEvidence,
): { readonly role: FaultRole; readonly operator: Address } | undefined {
  switch (evidence.kind) {
    case 'S1': {
      const [{ contributor: operator }] =
        'works' in evidence ? [evidence.works[0].work] : [evidence.checkpoints[0].checkpoint]
      return { role: 'contributor', operator }
    }
    case 'S2':
      return { role: 'gateway', operator: evidence.receipts[0].receipt.work.gateway }
    case 'S3':
    case 'S4':
    case 'S5':
      return { role: 'gateway', operator: evidence.receipt.work.gateway }
    case 'S6':
      return undefined
    case 'S7':
      return { role: 'contributor', operator: evidence.receipt.work.contributor }
  }
}

/** Under which the registry books the fault. */
export function faultIdOf(evidence: FaultEvidence, place: ReceiptPlace): Bytes32 {
  const digestOf = (receipt: Receipt) => receiptDigest(receiptDomain(place), receipt)
  switch (evidence.kind) {
    case 'S1':
      return contradictionFaultId(
        'works' in evidence ? evidence.works[0].work : evidence.checkpoints[0].checkpoint,
      )
    case 'S2': {
      const [{ receipt: first }, { receipt: second }] = evidence.receipts
      const { gateway } = first.work
      return first.gatewaySeq === second.gatewaySeq
        ? gatewaySeqFaultId(gateway, first.gatewaySeq)
        : channelSeqFaultId({ ...first, gateway })
    }
    case 'S3':
    case 'S4':
    case 'S7':
      return receiptFaultId(evidence.kind, digestOf(evidence.receipt))
    case 'S5':
      return tierFaultId(digestOf(evidence.receipt), evidence.tier)
    case 'S6':
      return jobFaultId(evidence.coordinator, evidence.jobId)
  }
}
