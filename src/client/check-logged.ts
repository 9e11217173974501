/*
 * The lines about the transparency log: that the gateway's log has the receipt (check-inclusion.ts judges the proof), under a
 * head that the receipt's own key signed, and that the chain has the root in time. Asked only where the gateway is known.
 */
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { InclusionProofDocument } from '../domain/log-documents.ts'
import type { UnixSeconds } from '../domain/units.ts'
import { askGateway, type BillingFailure, describeBillingFailure } from './ask-gateway.ts'
import { checkInclusion, readAnchoring, type ShownInclusion } from './check-inclusion.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import { describeTime } from './describe-time.ts'
import type { FurtherCheck } from './further-checks.ts'
import { readInclusionProof } from './log-documents.ts'
import type { Reader } from './object-reader.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import type { Signer } from './recover-signers.ts'

const proofReader: Reader<InclusionProofDocument> = (value, { faults }) => {
  const proof = readInclusionProof(value)
  if (proof.ok) return proof.value
  faults.push(...proof.error)
  return undefined
}

export const checkLogged: FurtherCheck = async ({ verification, signers, gateway, rpc }) => {
  if (gateway === undefined) return []
  const { receipt, nowMs } = verification
  // Whoever knows a digest may ask for its proof, so no key leaves this machine for it.
  const query = `digest=${signers.receiptDigest}&gatewaySeq=${receipt.receipt.gatewaySeq}`
  const path = `/v1/transparency/proof?${query}`
  const proof = await askGateway({ origin: gateway.origin, path, init: {} }, proofReader)
  if (!proof.ok) return [withoutProof(receipt, proof.error, nowMs)]
  const shown = checkInclusion(receipt, proof.value)
  if (!shown.ok) return [fails('inclusion', shown.error)]
  const line = judgeHead(shown.value, signers.gateway)
  if (rpc === undefined || line.verdict !== 'holds') return [line]
  return [line, await checkAnchored(rpc, receipt, shown.value)]
}

function withoutProof(
  { receipt }: ParsedReceipt,
  failure: BillingFailure,
  nowMs: number,
): CheckLine {
  const check = 'inclusion'
  const detail = describeBillingFailure(failure)
  const { anchorBy } = receipt
  if (failure.reason !== 'gateway_refused' || failure.status !== 404) return unknown(check, detail)
  if (anchorBy === 0) return unknown(check, `not in the log, and never promised to be: ${detail}`)
  return anchorBy < Math.floor(nowMs / 1000)
    ? fails(check, `promised to be in the log by second ${anchorBy}, and it is not: ${detail}`)
    : unknown(check, `not in the log yet; promised by ${describeTime(anchorBy)}`)
}

/** `gateway-key` judges the receipt's key; a head by the same key is as good. */
function judgeHead({ batch, root, signer }: ShownInclusion, gateway: Signer): CheckLine {
  const check = 'inclusion'
  const where = `in batch ${batch} of the log, under the root ${root}`
  if (signer.kind === 'key' && gateway.kind === 'key' && signer.address === gateway.address) {
    return holds(check, `${where}, in a head that the receipt's own key signed`)
  }
  const who = signer.kind === 'absent' || signer.kind === 'invalid' ? 'nobody' : signer.address
  return unknown(check, `${where}, in a head signed by ${who}, which is not the receipt's key`)
}

async function checkAnchored(
  rpc: JsonRpc,
  { receipt, domain }: ParsedReceipt,
  { root }: ShownInclusion,
): Promise<CheckLine> {
  const check = 'inclusion-anchored'
  const anchoring = await readAnchoring(rpc, domain.verifyingContract, root)
  if (!anchoring.ok) return unknown(check, describeChainFailure(anchoring.error))
  const anchoredAt: UnixSeconds | undefined = anchoring.value
  if (anchoredAt === undefined) return unknown(check, `the chain does not have the root ${root}`)
  const { anchorBy } = receipt
  return anchorBy !== 0 && anchoredAt > anchorBy
    ? fails(
        check,
        `the chain has the root since ${describeTime(anchoredAt)}, promised by ${describeTime(anchorBy)}`,
      )
    : holds(check, `the chain has the root since ${describeTime(anchoredAt)}`)
}
