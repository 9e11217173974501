import type { JsonRpc } from '../chain/json-rpc.ts'
import { conclude, isDecisive, joinLines } from '../client/check-line.ts'
import { anyReceipt } from '../client/check-policy.ts'
import type { ParsedReceipt, ReceiptPlace } from '../client/parse-receipt-document.ts'
import { rememberingRpc } from '../client/remembering-rpc.ts'
import { noTrustAnchors } from '../client/trust-anchors.ts'
import { verifyOnChain } from '../client/verify-on-chain.ts'
import { verifyReceipt } from '../client/verify-receipt.ts'
import type { Address } from '../domain/units.ts'

/** Of receipts that are looked at one after the other most questions to the node are the same. */
const rememberedMs = 60_000

/**
 * Whether a receipt holds, as `vouch verify` finds out: by keys that the chain has for the gateway and the contributor. Answers
 * why not, in one sentence.
 */
export function objectionOnChain(terms: {
  readonly rpc: JsonRpc
  readonly gateway: Address
  /** The ReceiptVerifier that the auditor trusts; undefined: any that runs the code of this version. */
  readonly trusted: ReceiptPlace | undefined
  readonly nowMs: () => number
}): (receipt: ParsedReceipt) => Promise<string | undefined> {
  const { gateway, trusted, nowMs } = terms
  const rpc = rememberingRpc(terms.rpc, { forMs: rememberedMs, nowMs })
  return async (receipt) => {
    const verification = {
      receipt,
      // The bytes that a client saw are not the auditor's to check: those of the contributor are.
      evidence: { content: [], request: undefined, response: undefined },
      anchors: { ...noTrustAnchors, receiptVerifier: trusted },
      policy: { ...anyReceipt, gateway },
      nowMs: nowMs(),
    }
    const lines = joinLines(verifyReceipt(verification), await verifyOnChain(rpc, verification))
    if (conclude(lines) === 'holds') return undefined
    const line = lines.find(({ verdict }) => verdict === 'fails') ?? lines.find(isDecisive)
    return `${line?.check ?? 'receipt'}: ${line?.detail ?? 'nothing was checked'}`
  }
}
