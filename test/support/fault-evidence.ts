import { checkpointDigest } from '../../src/chain/checkpoint-typed-data.ts'
import { receiptDomain, workDigest } from '../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../src/chain/signatures.ts'
import type { FaultEvidence } from '../../src/client/fault-evidence.ts'
import { auditMethod, type SignedVerdict } from '../../src/domain/audit.ts'
import type { SignedCheckpoint } from '../../src/domain/checkpoint.ts'
import type { SignedWork, Work } from '../../src/domain/receipt.ts'
import { atomic, bytes32, signature, zeroBytes32 } from '../../src/domain/units.ts'
import { contributorKey, place, signReceipt, work } from './signed-receipt.ts'

const object = 'vouch.fault'
const domain = { name: 'Vouch Receipts', version: '1', ...place }

const signWork = (changes: Partial<Work>): SignedWork => {
  const changed = { ...work, ...changes }
  return {
    work: changed,
    signature: signDigest(workDigest(receiptDomain(place), changed), contributorKey),
  }
}

const signCheckpoint = (completionTokens: number): SignedCheckpoint => {
  const { jobId, gateway, contributor, finishedAt: signedAt } = work
  const streamHash = work.streamRoot
  const checkpoint = {
    jobId,
    gateway,
    contributor,
    index: 2,
    streamHash,
    completionTokens,
    signedAt,
  }
  const digest = checkpointDigest(receiptDomain(place), checkpoint)
  return { checkpoint, signature: signDigest(digest, contributorKey) }
}

/** Of an audit that failed this contributor. */
export const signedVerdict: SignedVerdict = {
  verdict: {
    gateway: work.gateway,
    auditor: work.gateway,
    contributor: work.contributor,
    modelId: work.modelId,
    firstSeq: 1,
    lastSeq: 41,
    samples: 3,
    canaries: 1,
    unopened: 0,
    tokens: 700,
    matchedTokens: 12,
    scorePpm: 17_142,
    method: auditMethod.bitForBit,
    passed: false,
    reportHash: zeroBytes32,
    issuedAt: work.finishedAt,
  },
  signature: signature(`0x${'ab'.repeat(65)}`),
}

/** True evidence of each kind, S1 in both of its shapes, all of it about the receipt of signed-receipt.ts. */
export function evidenceOfEachKind(): readonly FaultEvidence[] {
  const one = signReceipt()
  const other = signReceipt({ receipt: { receiptId: bytes32(`0x${'5e'.repeat(32)}`) } })
  const dear = signReceipt({ receipt: { cost: atomic(241n) } })
  return [
    { object, domain, kind: 'S1', works: [signWork({}), signWork({ promptTokens: 1 })] },
    { object, domain, kind: 'S1', checkpoints: [signCheckpoint(10), signCheckpoint(11)] },
    { object, domain, kind: 'S2', receipts: [gatewaySigned(one), gatewaySigned(other)] },
    { object, domain, kind: 'S3', ...gatewaySigned(dear), priceSheet: dear.priceSheet },
    { object, domain, kind: 'S4', ...gatewaySigned(one) },
    { object, domain, kind: 'S5', ...gatewaySigned(one), tier: 16 },
    {
      object,
      kind: 'S6',
      chainId: place.chainId,
      coordinator: place.verifyingContract,
      jobId: work.jobId,
    },
    { object, domain, kind: 'S7', ...bothSigned(one), verdicts: [signedVerdict] },
  ]
}

const gatewaySigned = ({ receipt, gatewaySignature }: ReturnType<typeof signReceipt>) => ({
  receipt,
  gatewaySignature,
})

const bothSigned = (signed: ReturnType<typeof signReceipt>) => ({
  ...gatewaySigned(signed),
  contributorSignature: signed.contributorSignature,
})
