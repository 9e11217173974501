import { describe, expect, test } from 'vitest'
import { checkpointDigest, checkpointsHash } from '../../../src/chain/checkpoint-typed-data.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../../src/chain/signatures.ts'
import { checkCheckpoints } from '../../../src/client/check-checkpoints.ts'
import { conclude } from '../../../src/client/check-line.ts'
import { linksOf } from '../../../src/client/check-wire-bytes.ts'
import {
  type ParsedReceipt,
  parseReceiptDocument,
} from '../../../src/client/parse-receipt-document.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../../src/client/verify-receipt.ts'
import type { Checkpoint } from '../../../src/domain/checkpoint.ts'
import { type Bytes32, bytes32 } from '../../../src/domain/units.ts'
import {
  anchors,
  contributorKey,
  documentOf,
  events,
  finishedAt,
  gatewayKey,
  place,
  type ReceiptChanges,
  response,
  signReceipt,
  verificationOf,
  work,
} from '../../support/signed-receipt.ts'

const domain = receiptDomain(place)
const links = linksOf(work, events)
const honest: Checkpoint = {
  jobId: work.jobId,
  gateway: work.gateway,
  contributor: work.contributor,
  index: 3,
  streamHash: links[2] as Bytes32,
  completionTokens: 192,
  signedAt: finishedAt,
}
const another = bytes32(`0x${'ee'.repeat(32)}`)

/** A receipt of the gateway alone, with these checkpoints for evidence. */
function receiptWith(
  checkpoints: readonly Checkpoint[],
  changes: ReceiptChanges = {},
  key = contributorKey,
): ParsedReceipt {
  const evidenceHash = checkpointsHash(domain, checkpoints)
  const signed = signReceipt({
    ...changes,
    work: { status: 1, ...changes.work },
    receipt: { tiers: 1, evidenceHash, ...changes.receipt },
  })
  const sign = (one: Checkpoint) => signDigest(checkpointDigest(domain, one), key)
  return {
    ...signed,
    evidence: {
      others: {},
      checkpoints: checkpoints.map((one) => ({ checkpoint: one, signature: sign(one) })),
    },
  }
}
const said = (parsed: ParsedReceipt, given: Buffer | undefined = response, known = anchors) =>
  checkCheckpoints(parsed, known, given).map(({ check, verdict }) => `${check} ${verdict}`)

describe('a checkpoint in a receipt', () => {
  test('holds where it is bound, signed by a known key, and stands in the response', () => {
    const parsed = receiptWith([honest])
    expect(said(parsed)).toEqual([
      'checkpoint holds',
      'checkpoint-key holds',
      'checkpoint-stream holds',
    ])
    const lines = verifyReceipt(verificationOf(parsed))
    expect(conclude(lines)).toBe('holds')
    const detail = lines.find(({ check }) => check === 'checkpoint-stream')?.detail
    expect(detail).toBe('it stands behind 2 of the 4 events of the response')
  })

  test('is no line where there is none', () => {
    expect(said(signReceipt())).toEqual([])
  })

  test.each<[string, ParsedReceipt]>([
    ['one of another job', receiptWith([{ ...honest, jobId: another }])],
    ['one for another gateway', receiptWith([{ ...honest, gateway: work.contributor }])],
    ['one of another contributor', receiptWith([{ ...honest, contributor: work.gateway }])],
    ['the same one twice', receiptWith([honest, honest])],
    ['two that agree', receiptWith([honest, { ...honest, index: 4 }])],
    ['three', receiptWith([honest, { ...honest, completionTokens: 1 }, honest])],
  ])('fails with %s', (_, parsed) => {
    expect(said(parsed)[0]).toBe('checkpoint fails')
  })

  test('fails with a key that is not its contributor’s, and is open where no key is known', () => {
    expect(said(receiptWith([honest], {}, gatewayKey))[1]).toBe('checkpoint-key fails')
    expect(
      said(receiptWith([honest]), response, { ...noTrustAnchors, receiptVerifier: place })[1],
    ).toBe('checkpoint-key unknown')
  })

  test('fails where no link of the response is the one that was signed', () => {
    expect(said(receiptWith([{ ...honest, streamHash: another }]))[2]).toBe(
      'checkpoint-stream fails',
    )
  })

  test('is not looked for in what is not the response, or not the contributor’s bytes', () => {
    const parsed = receiptWith([honest])
    expect(said(parsed, undefined)).toHaveLength(3)
    expect(checkCheckpoints(parsed, anchors, undefined)[2]?.verdict).toBe('unknown')
    expect(said(parsed, Buffer.from('another'))[2]).toBe('checkpoint-stream unknown')
    const rewritten = receiptWith([honest], { work: { outputHash: another } })
    expect(said(rewritten)[2]).toBe('checkpoint-stream unknown')
  })

  test('that contradicts another is proof against who signed both', () => {
    const parsed = receiptWith([honest, { ...honest, streamHash: another }])
    expect(said(parsed)).toEqual([
      'checkpoint holds',
      'checkpoint-key holds',
      'checkpoint-key holds',
    ])
    expect(checkCheckpoints(parsed, anchors, response)[0]?.detail).toContain('for the slashing')
  })
})

test('it is read from the document as it was written', () => {
  const parsed = receiptWith([honest])
  const { others, ...evidence } = parsed.evidence ?? { others: {} }
  const document = { ...documentOf(parsed), evidence: { ...evidence, ...others } }
  const read = parseReceiptDocument(Buffer.from(JSON.stringify(document)))
  expect(read).toEqual({ ok: true, value: { ...parsed, object: 'vouch.receipt' } })
})

test.each([
  { checkpoints: 'none' },
  { checkpoints: [{ checkpoint: honest }] },
  { checkpoints: [{ checkpoint: { ...honest, index: -1 }, signature: '0x' }] },
  { checkpoints: [{ checkpoint: { ...honest, more: 1 }, signature: '0x' }] },
])('evidence that is none makes the document no receipt: %j', (evidence) => {
  const document = { ...documentOf(receiptWith([honest])), evidence }
  expect(parseReceiptDocument(Buffer.from(JSON.stringify(document))).ok).toBe(false)
})
