import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { readInclusionProof } from '../client/log-documents.ts'
import { parseLogText } from '../client/log-source.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import type { InclusionProofDocument } from '../domain/log-documents.ts'
import { CommandFailure } from './command.ts'
import { type LogOptions, needed } from './log-options.ts'
import { readReceiptFile } from './read-receipt-file.ts'

/** The receipt that was named, and the proof that its gateway's log has it, not yet judged. Throws CommandFailure. */
export async function fetchProof(
  options: LogOptions,
): Promise<{ readonly parsed: ParsedReceipt; readonly proof: InclusionProofDocument }> {
  const origin = needed('--gateway', options.gateway)
  const parsed = await readReceiptFile(needed('a receipt', options.operands[0]))
  return { parsed, proof: await fetchInclusion(origin, parsed) }
}

/** Where the log of the gateway at `origin` has the receipt, not yet judged. Throws CommandFailure. */
export async function fetchInclusion(
  origin: string,
  parsed: ParsedReceipt,
): Promise<InclusionProofDocument> {
  const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
  const query = `digest=${digest}&gatewaySeq=${parsed.receipt.gatewaySeq}`
  const response = await fetch(`${origin}/v1/transparency/proof?${query}`).catch(() => undefined)
  if (response === undefined) throw new CommandFailure(`${origin} cannot be reached`)
  const text = await response.text()
  if (response.status === 404)
    throw new CommandFailure('the log does not have this receipt, or not yet')
  if (!response.ok) throw new CommandFailure(`${origin} answered ${response.status}`)
  const proof = parseLogText(text, readInclusionProof)
  if (proof.ok) return proof.value
  throw new CommandFailure(`${origin} answered no proof: ${proof.error}`)
}
