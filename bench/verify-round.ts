/* What one verification offline is, in a file that runs in Node and, bundled, in a browser. */
import { parseReceiptDocument } from '../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../src/client/recover-signers.ts'
import { noTrustAnchors } from '../src/client/trust-anchors.ts'
import { verifyReceipt } from '../src/client/verify-receipt.ts'
import { address } from '../src/domain/units.ts'
import { readProof } from '../src/proofs/proof.ts'
import { verifyProof } from '../src/proofs/verify-proof.ts'

export type VerifyInput = {
  readonly document: Uint8Array
  readonly request: Uint8Array
  readonly response: Uint8Array
  readonly gatewayKey: string
  readonly contributorKey: string
  readonly nowMs: number
}

/** The document read, both signatures, keys that are known, price, both bodies, the answer and its chain. Lines that hold. */
export function verifyOnce(input: VerifyInput): number {
  const parsed = parseReceiptDocument(input.document)
  if (!parsed.ok) throw new Error('the receipt of the benchmark is none')
  const key = (text: string) => [{ operator: undefined, key: address(text) }]
  const lines = verifyReceipt({
    receipt: parsed.value,
    evidence: { content: [], request: input.request, response: input.response },
    anchors: {
      ...noTrustAnchors,
      gatewayKeys: key(input.gatewayKey),
      contributorKeys: key(input.contributorKey),
    },
    policy: { gateway: undefined, modelId: undefined, tiers: 3, maxAgeS: undefined },
    nowMs: input.nowMs,
  })
  if (lines.some(({ verdict }) => verdict === 'fails')) throw new Error('it does not hold')
  return lines.filter(({ verdict }) => verdict === 'holds').length
}

export function readOnce(input: VerifyInput): void {
  parseReceiptDocument(input.document)
}

export function recoverOnce(input: VerifyInput): void {
  const parsed = parseReceiptDocument(input.document)
  if (parsed.ok) recoverSigners(parsed.value)
}

/** A proof document with its key within, from its text on. */
export function verifyProofOnce(document: string): void {
  const read = readProof(JSON.parse(document))
  if (!read.ok || !verifyProof(read.value).ok) throw new Error('the proof does not hold')
}

/**
 * µs of a run in the quickest of the rounds, after one that counts for nothing: whatever else the machine does only ever adds.
 */
export function microsOf(run: () => void, rounds: number, runs: number): number {
  const times: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const startedAt = performance.now()
    for (let turn = 0; turn < runs; turn += 1) run()
    if (round > 0) times.push(((performance.now() - startedAt) * 1000) / runs)
  }
  return Math.min(...times)
}
