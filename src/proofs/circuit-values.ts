/*
 * Values as the circuits in circuits/noir take them, by the names of their parameters. Numbers are 0x text, since JSON has none
 * beyond 2^53; words are four lanes of 8 bytes with the first byte lowest, as keccak takes them in.
 */
import { fromHex, type Hex, hexOf } from '../base/hex.ts'
import type { Receipt, Work } from '../domain/receipt.ts'
import type { Bytes32 } from '../domain/units.ts'

export type CircuitValue =
  | string
  | number
  | boolean
  | readonly CircuitValue[]
  | { readonly [name: string]: CircuitValue }
export type CircuitValues = Readonly<Record<string, CircuitValue>>

/** The members that a circuit cannot tell from a statement. */
export const receiptValue = (receipt: Receipt): CircuitValue => ({
  work: workValue(receipt.work),
  receipt_id: wordValue(receipt.receiptId),
  gateway_seq: numberValue(receipt.gatewaySeq),
  client: receipt.client,
  request_hash: wordValue(receipt.requestHash),
  response_hash: wordValue(receipt.responseHash),
  cost: numberValue(receipt.cost),
  cumulative: numberValue(receipt.cumulative),
  tiers: receipt.tiers,
  evidence_hash: wordValue(receipt.evidenceHash),
  anchor_by: numberValue(receipt.anchorBy),
})

const workValue = (work: Work): CircuitValue => ({
  job_id: wordValue(work.jobId),
  contributor: work.contributor,
  input_hash: wordValue(work.inputHash),
  output_hash: wordValue(work.outputHash),
  content_hash: wordValue(work.contentHash),
  stream_root: wordValue(work.streamRoot),
  prompt_tokens: work.promptTokens,
  cached_prompt_tokens: work.cachedPromptTokens,
  completion_tokens: work.completionTokens,
  commitment: wordValue(work.commitment),
  started_at: numberValue(work.startedAt),
  finished_at: numberValue(work.finishedAt),
  status: work.status,
})

export const numberValue = (value: number | bigint): CircuitValue => `0x${value.toString(16)}`

export function wordValue(word: Bytes32): CircuitValue {
  const { buffer, byteOffset } = fromHex(word)
  const view = new DataView(buffer, byteOffset)
  return { lanes: [0, 8, 16, 24].map((at) => numberValue(view.getBigUint64(at, true))) }
}

export const halvesValue = (word: Bytes32): CircuitValue => ({
  upper: word.slice(0, 34),
  lower: hexOf(word.slice(34)),
})

/** r ‖ s of a signature of 65 bytes. */
export const rsValue = (signature: Hex): CircuitValue => [...fromHex(signature).subarray(0, 64)]
