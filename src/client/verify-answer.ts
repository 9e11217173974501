/*
 * Everything that is asked of one answer and its receipt, as one verdict. Other than `vouch verify`, which shows a person
 * what is unknown, this fails closed: what could not be checked speaks against the answer, unless the policy names it.
 */
import { utf8Bytes } from '../base/bytes.ts'
import { fromHex, hexOf } from '../base/hex.ts'
import { sha256Hex } from '../base/sha256.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import type { PriceSheet } from '../domain/price-sheet.ts'
import { type Bytes32, unixSecondsOf } from '../domain/units.ts'
import { type AnswerEnd, beforeErrorEvent, checkEnding } from './check-ending.ts'
import { type CheckLine, fails, holds, joinLines, unknown } from './check-line.ts'
import { describeTime } from './describe-time.ts'
import { checkFurther } from './further-checks.ts'
import { isNoDearer } from './is-no-dearer.ts'
import { type ParsedReceipt, parseReceiptDocument } from './parse-receipt-document.ts'
import { inPolicyWords } from './policy-words.ts'
import { recoverSigners } from './recover-signers.ts'
import type { PolicyTerms } from './verification-policy.ts'
import { verifyOnChain } from './verify-on-chain.ts'
import { type Verification, verifyReceipt } from './verify-receipt.ts'

/** What is known of one answer. */
export type AnswerReport = {
  /** Whether nothing speaks against the answer. */
  readonly verified: boolean
  /** What was looked at, in the order of docs/receipts.md. */
  readonly lines: readonly CheckLine[]
  /** The lines that fail, and those that are unknown and were not tolerated. */
  readonly against: readonly CheckLine[]
  /** As the answer's header names it. */
  readonly receiptId: Bytes32 | undefined
  /** Undefined where none came, or it is none. Its signatures are worth what `lines` say. */
  readonly receipt: ParsedReceipt | undefined
  readonly url: string
}

export type AskedAnswer = {
  readonly url: string
  readonly receiptId: Bytes32
  /** The document that the gateway gave for it. */
  readonly document: Uint8Array
  readonly request: Uint8Array | undefined
  /** Every byte that came; undefined of an answer that was left. */
  readonly response: Uint8Array | undefined
  readonly end: AnswerEnd
  readonly sentAtMs: number
}

export type AnswerTerms = {
  readonly policy: PolicyTerms
  readonly rpc: JsonRpc | undefined
  /** The sheets that were agreed to, or one sentence why they are not known; undefined where any will do. */
  readonly agreed: readonly PriceSheet[] | string | undefined
  /** Holds the receipt to the others of its channel. */
  readonly continuity: (parsed: ParsedReceipt, digest: Bytes32) => CheckLine
  readonly nowMs: number
}

/** Clocks of an honest gateway and ours differ by no more. */
const clockToleranceS = 15 * 60

export async function verifyAnswer(asked: AskedAnswer, terms: AnswerTerms): Promise<AnswerReport> {
  const { url, receiptId } = asked
  const parsed = parseReceiptDocument(asked.document)
  if (!parsed.ok) {
    const [fault] = parsed.error
    const detail = `${fault?.path || 'the document'}: expected ${fault?.expected}, found ${fault?.found}`
    return reportOf([fails('shape', detail)], { url, receiptId, policy: terms.policy })
  }
  const verification = verificationOf(parsed.value, asked, terms)
  const signers = recoverSigners(parsed.value)
  // The answer in the response is compared instead.
  const offline = verifyReceipt(verification).filter(({ check }) => check !== 'content')
  const [onChain, further] = await Promise.all([
    terms.rpc === undefined ? [] : verifyOnChain(terms.rpc, verification),
    // A log has no receipt that was made this moment.
    checkFurther({ verification, signers, gateway: undefined, rpc: terms.rpc }),
  ])
  const lines = [
    ...offline,
    checkNamed(parsed.value, receiptId),
    holds('shape', `a receipt of ${asked.document.length} bytes, every field in range`),
    ...checkTerms(parsed.value, terms),
    checkEnding(asked.end, parsed.value.receipt.work.status),
  ]
  const before = joinLines(lines, [...onChain, ...further])
  // Only a receipt that is good otherwise may say anything of its channel: a forged one would spoil the rest.
  const isGood = against(before, terms.policy).length === 0
  const joined = isGood
    ? joinLines(before, [terms.continuity(parsed.value, signers.receiptDigest)])
    : before
  return reportOf(joined, { url, receiptId, policy: terms.policy, receipt: parsed.value })
}

/** An answer without a receipt that could be looked at. */
export const reportWithoutReceipt = (
  answer: { readonly url: string; readonly receiptId: Bytes32 | undefined },
  policy: PolicyTerms,
  detail: string,
): AnswerReport => reportOf([fails('receipt', detail)], { ...answer, policy })

function reportOf(
  lines: readonly CheckLine[],
  about: Pick<AnswerReport, 'url' | 'receiptId'> & {
    readonly policy: PolicyTerms
    readonly receipt?: ParsedReceipt
  },
): AnswerReport {
  const told = lines.map(inPolicyWords)
  const open = against(told, about.policy)
  return {
    verified: open.length === 0,
    lines: told,
    against: open,
    receiptId: about.receiptId,
    receipt: about.receipt,
    url: about.url,
  }
}

const against = (lines: readonly CheckLine[], { tolerated }: PolicyTerms): readonly CheckLine[] =>
  lines.filter(
    ({ check, verdict }) => verdict === 'fails' || (verdict === 'unknown' && !tolerated.has(check)),
  )

function verificationOf(
  parsed: ParsedReceipt,
  asked: AskedAnswer,
  { policy, nowMs }: AnswerTerms,
): Verification {
  const { request, sentAtMs } = asked
  const sinceSentS = Math.ceil((nowMs - sentAtMs) / 1000)
  return {
    receipt: parsed,
    evidence: {
      content: [],
      request,
      response: coveredBytes(parsed, asked),
      manifest: policy.modelManifest === undefined ? undefined : utf8Bytes(policy.modelManifest),
      verificationKey:
        policy.verificationKey === undefined ? undefined : fromHex(policy.verificationKey),
    },
    anchors: policy.anchors,
    policy: {
      gateway: policy.gateway,
      modelId: policy.modelId,
      tiers: policy.tiers,
      maxAgeS: policy.maxAgeS ?? sinceSentS + clockToleranceS,
    },
    nowMs,
  }
}

/** Of a stream that broke off the receipt covers what came before the event that says so. */
function coveredBytes(
  { receipt }: ParsedReceipt,
  { response, end }: Pick<AskedAnswer, 'response' | 'end'>,
): Uint8Array | undefined {
  if (response === undefined || end !== 'told-error') return response
  const isWhole = hexOf(sha256Hex(response)) === receipt.responseHash
  return isWhole ? response : beforeErrorEvent(response)
}

/** The answer's header names it before the first byte, so that no better one can be picked later. */
const checkNamed = ({ receipt }: ParsedReceipt, receiptId: Bytes32): CheckLine =>
  receipt.receiptId === receiptId
    ? holds('receipt', `the one that the answer named: ${receiptId}`)
    : fails('receipt', `the answer named ${receiptId}, and the gateway gave ${receipt.receiptId}`)

function checkTerms(parsed: ParsedReceipt, terms: AnswerTerms): readonly CheckLine[] {
  const { policy, agreed, nowMs } = terms
  const { channelId } = parsed.receipt
  return [
    ...(policy.channelId === undefined
      ? []
      : [
          channelId === policy.channelId
            ? holds('policy-channel', `${channelId}, as asked`)
            : fails('policy-channel', `it charges the channel ${channelId}`),
        ]),
    ...(agreed === undefined ? [] : [checkAgreed(parsed.priceSheet, agreed)]),
    ...(policy.anchoredWithinS === undefined
      ? []
      : [checkPromise(parsed, { withinS: policy.anchoredWithinS, nowMs })]),
  ]
}

function checkAgreed(sheet: PriceSheet, agreed: readonly PriceSheet[] | string): CheckLine {
  const check = 'policy-price'
  if (typeof agreed === 'string') return unknown(check, agreed)
  return isNoDearer(sheet, agreed)
    ? holds(check, 'no dearer than what was agreed to')
    : fails(
        check,
        `priced by a sheet that is not agreed to, or is dearer: ${JSON.stringify(shown(sheet))}`,
      )
}

const shown = (sheet: PriceSheet): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(sheet).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  )

function checkPromise(
  { receipt }: ParsedReceipt,
  asked: { readonly withinS: number; readonly nowMs: number },
): CheckLine {
  const check = 'policy-anchoring'
  const inS = receipt.anchorBy - unixSecondsOf(asked.nowMs)
  if (receipt.anchorBy === 0) return fails(check, 'the gateway promises no anchoring')
  return inS <= asked.withinS
    ? holds(check, `promised by ${describeTime(receipt.anchorBy)}`)
    : fails(check, `promised in ${inS} s, and you asked for at most ${asked.withinS} s`)
}
