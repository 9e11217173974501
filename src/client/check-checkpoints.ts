/*
 * What a contributor signed of a stream without a Work: its newest checkpoint, or two that contradict each other. The
 * gateway's signature binds which ones they are (`evidenceHash`); whether they say anything is judged here.
 */
import { hexOf } from '../base/hex.ts'
import { sha256Hex } from '../base/sha256.ts'
import { checkpointDigest } from '../chain/checkpoint-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import type { Checkpoint, SignedCheckpoint } from '../domain/checkpoint.ts'
import { type CheckLine, fails, holds, unknown } from './check-line.ts'
import { judgeKey } from './check-signatures.ts'
import { linksOf } from './check-wire-bytes.ts'
import type { ParsedReceipt } from './parse-receipt-document.ts'
import { splitEvents } from './read-answer.ts'
import { readSigner, type Signer } from './recover-signers.ts'
import type { TrustAnchors } from './trust-anchors.ts'

/** No line for a receipt without such evidence. That the receipt names these ones, `evidence-hash` checks. */
export function checkCheckpoints(
  parsed: ParsedReceipt,
  anchors: TrustAnchors,
  response: Uint8Array | undefined,
): readonly CheckLine[] {
  const checkpoints = parsed.evidence?.checkpoints ?? []
  const [newest] = checkpoints
  if (newest === undefined) return []
  return [
    checkStatement(parsed, checkpoints),
    ...checkpointSigners(parsed).map(({ signer }) =>
      judgeKey('checkpoint-key', signer, {
        role: 'contributor',
        operator: parsed.receipt.work.contributor,
        known: anchors.contributorKeys,
      }),
    ),
    ...(checkpoints.length === 1 ? [checkPlace(parsed, newest.checkpoint, response)] : []),
  ]
}

/** Whose signatures they say they are. */
export const checkpointSigners = (
  parsed: ParsedReceipt,
): readonly { readonly checkpoint: Checkpoint; readonly signer: Signer }[] =>
  (parsed.evidence?.checkpoints ?? []).map(({ checkpoint, signature }) => ({
    checkpoint,
    signer: readSigner(checkpointDigest(receiptDomain(parsed.domain), checkpoint), signature),
  }))

function checkStatement(
  { receipt }: ParsedReceipt,
  signed: readonly SignedCheckpoint[],
): CheckLine {
  const check = 'checkpoint'
  const checkpoints = signed.map(({ checkpoint }) => checkpoint)
  const { jobId, gateway, contributor, completionTokens } = receipt.work
  const isForeign = checkpoints.some(
    (one) => one.jobId !== jobId || one.gateway !== gateway || one.contributor !== contributor,
  )
  if (isForeign) return fails(check, 'it is of another job, gateway or contributor')
  const [first, second] = checkpoints
  if (first === undefined || checkpoints.length > 2) return fails(check, 'there are too many')
  if (second === undefined) {
    return holds(
      check,
      `${contributor} vouches for the stream until a point where it had counted ` +
        `${first.completionTokens} completion tokens; ${completionTokens} are in the receipt, and ` +
        "what came after that point is on the gateway's word alone",
    )
  }
  const isSame = JSON.stringify(first) === JSON.stringify(second)
  if (first.index !== second.index || isSame) {
    return fails(check, 'there are two, and they do not contradict each other')
  }
  return holds(
    check,
    `two that differ under number ${first.index}: proof against ${contributor}, for the slashing contract`,
  )
}

/** Where in the response it stands, if the client got exactly the contributor's bytes. */
function checkPlace(
  { receipt }: ParsedReceipt,
  { streamHash }: Checkpoint,
  response: Uint8Array | undefined,
): CheckLine {
  const check = 'checkpoint-stream'
  const { work, responseHash } = receipt
  if (response === undefined) return unknown(check, 'the response was not given: add --response')
  if (hexOf(sha256Hex(response)) !== responseHash) {
    return unknown(check, 'the response that was given is not that of the receipt')
  }
  if (work.outputHash !== responseHash) {
    return unknown(check, "the contributor's own bytes are not at hand: the gateway changed them")
  }
  const events = splitEvents(response)
  const place = linksOf(work, events).indexOf(streamHash)
  return place === -1
    ? fails(check, `none of the links of its ${events.length} events is the one that was signed`)
    : holds(check, `it stands behind ${place} of the ${events.length} events of the response`)
}
