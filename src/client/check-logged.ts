/*
 * The lines about the transparency log: that the gateway's log has the receipt (check-inclusion.ts judges the proof), and no
 * other under its number, in a head that the receipt's own key signed, and that the chain has the root in time. Asked only
 * where the gateway is known.
 */
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { InclusionProofDocument } from '../domain/log-documents.ts'
import type { Bytes32, UnixSeconds } from '../domain/units.ts'
import { askGateway, type BillingFailure, describeBillingFailure } from './ask-gateway.ts'
import { checkInclusion, readAnchoring, type ShownInclusion } from './check-inclusion.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import { describeTime } from './describe-time.ts'
import { findInLog } from './find-in-log.ts'
import type { FurtherCheck, FurtherQuestion, GatewayPlace } from './further-checks.ts'
import { readInclusionProof } from './log-documents.ts'
import { gatewayLog } from './log-source.ts'
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
  const { receipt } = verification
  // Whoever knows a digest may ask for its proof, so no key leaves this machine for it.
  const query = `digest=${signers.receiptDigest}&gatewaySeq=${receipt.receipt.gatewaySeq}`
  const path = `/v1/transparency/proof?${query}`
  const proof = await askGateway({ origin: gateway.origin, path, init: {} }, proofReader)
  const shown = proof.ok
    ? checkProof(receipt, proof.value)
    : await withoutProof(proof.error, { verification, signers, gateway })
  if ('verdict' in shown) return [shown]
  const line = judgeHead(shown, signers.gateway)
  if (rpc === undefined || line.verdict !== 'holds') return [line]
  return [line, await checkAnchored(rpc, receipt, shown)]
}

const inclusion = 'inclusion'

function checkProof(
  receipt: ParsedReceipt,
  proof: InclusionProofDocument,
): ShownInclusion | CheckLine {
  const shown = checkInclusion(receipt, proof)
  return shown.ok ? shown.value : fails(inclusion, shown.error)
}

/** A log that gives no proof is asked what it has at the receipt's number. */
async function withoutProof(
  failure: BillingFailure,
  asked: Pick<FurtherQuestion, 'verification' | 'signers'> & { readonly gateway: GatewayPlace },
): Promise<ShownInclusion | CheckLine> {
  const { verification, signers, gateway } = asked
  const { receipt, nowMs } = verification
  const detail = describeBillingFailure(failure)
  if (failure.reason !== 'gateway_refused') return unknown(inclusion, detail)
  if (failure.status !== 404 && failure.status !== 409) return unknown(inclusion, detail)
  const inLog = await findInLog(gatewayLog(gateway.origin), receipt)
  if (!inLog.ok) {
    const unseen = `${detail}; whether its number is another's cannot be seen: ${inLog.error}`
    const line = judgePromise(receipt, unseen, nowMs)
    return line.verdict === 'fails' ? line : unknown(inclusion, unseen)
  }
  if (inLog.value.found === 'nothing') return judgePromise(receipt, detail, nowMs)
  if (inLog.value.found === 'fault') return fails(inclusion, inLog.value.detail)
  const { digest, shown } = inLog.value
  // The batch was closed since, or its proof is withheld: it is in the log.
  if (digest === signers.receiptDigest) return shown
  return fails(inclusion, describeTaken(receipt, { digest, shown, gateway: signers.gateway }))
}

function describeTaken(
  { receipt }: ParsedReceipt,
  by: { readonly digest: Bytes32; readonly shown: ShownInclusion; readonly gateway: Signer },
): string {
  const { batch, signer } = by.shown
  const number = `its gatewaySeq ${receipt.gatewaySeq} is another receipt's in the log`
  const where = `${by.digest} has it in batch ${batch}`
  if (!isSameKey(signer, by.gateway)) {
    return `${number}: ${where}, in a head that the receipt's key did not sign`
  }
  return (
    `${number}: ${where}, in a head that the receipt's own key signed: ` +
    'the two receipts are evidence for S2'
  )
}

/** `detail`: what the gateway said instead of a proof. */
function judgePromise({ receipt }: ParsedReceipt, detail: string, nowMs: number): CheckLine {
  const { anchorBy } = receipt
  if (anchorBy === 0)
    return unknown(inclusion, `not in the log, and never promised to be: ${detail}`)
  return anchorBy < Math.floor(nowMs / 1000)
    ? fails(inclusion, `promised to be in the log by second ${anchorBy}, and it is not: ${detail}`)
    : unknown(inclusion, `not in the log yet; promised by ${describeTime(anchorBy)}`)
}

/** `gateway-key` judges the receipt's key; a head by the same key is as good. */
function judgeHead({ batch, root, signer }: ShownInclusion, gateway: Signer): CheckLine {
  const where = `in batch ${batch} of the log, under the root ${root}`
  if (isSameKey(signer, gateway)) {
    return holds(inclusion, `${where}, in a head that the receipt's own key signed`)
  }
  const who = signer.kind === 'absent' || signer.kind === 'invalid' ? 'nobody' : signer.address
  return unknown(inclusion, `${where}, in a head signed by ${who}, which is not the receipt's key`)
}

const isSameKey = (one: Signer, other: Signer): boolean =>
  one.kind === 'key' && other.kind === 'key' && one.address === other.address

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
