import { keccak256, toUtf8Bytes } from 'ethers'
import { describe, expect, test } from 'vitest'
import { checkpointDigest, checkpointsHash } from '../../../src/chain/checkpoint-typed-data.ts'
import { evidenceHash } from '../../../src/chain/evidence-hash.ts'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { signDigest } from '../../../src/chain/signatures.ts'
import { checkEvidenceHash } from '../../../src/client/check-evidence-hash.ts'
import { conclude } from '../../../src/client/check-line.ts'
import type { ParsedEvidence, ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { verifyReceipt } from '../../../src/client/verify-receipt.ts'
import type { Checkpoint } from '../../../src/domain/checkpoint.ts'
import { bytes32, unixSeconds, zeroBytes32 } from '../../../src/domain/units.ts'
import {
  contributorKey,
  place,
  signReceipt,
  verificationOf,
  work,
} from '../../support/signed-receipt.ts'

const domain = receiptDomain(place)
const checkpoint: Checkpoint = {
  jobId: work.jobId,
  gateway: work.gateway,
  contributor: work.contributor,
  index: 3,
  streamHash: bytes32(`0x${'ab'.repeat(32)}`),
  completionTokens: 192,
  signedAt: unixSeconds(1_700_000_000),
}
const checkpoints = [
  { checkpoint, signature: signDigest(checkpointDigest(domain, checkpoint), contributorKey) },
]
const checkpointsAlone = checkpointsHash(domain, [checkpoint])
const report = { origin: 'https://attested.example', nonce: 'ab'.repeat(32) }

const receiptWith = (evidence: ParsedEvidence | undefined, hash = zeroBytes32): ParsedReceipt => ({
  ...signReceipt({ receipt: { evidenceHash: hash } }),
  evidence,
})
const said = (parsed: ParsedReceipt) => checkEvidenceHash(parsed).map(({ verdict }) => verdict)

describe('evidenceHash', () => {
  test('is zero without evidence, and the hash of checkpoints where there is nothing else', () => {
    expect(evidenceHash([])).toBe(zeroBytes32)
    expect(evidenceHash([{ kind: 'checkpoints', hash: checkpointsAlone }])).toBe(checkpointsAlone)
  })

  test('is over tag, kinds and hashes, in the order of the kinds, as ethers computes it', () => {
    const digest = (text: string) => keccak256(toUtf8Bytes(text)).slice(2)
    const other = keccak256Utf8('{}')
    const expected = keccak256(
      `0x${digest('vouch-evidence/1')}${digest('checkpoints')}${checkpointsAlone.slice(2)}` +
        `${digest('upstreamReport')}${other.slice(2)}`,
    )
    const items = [
      { kind: 'upstreamReport', hash: other },
      { kind: 'checkpoints', hash: checkpointsAlone },
    ]
    expect(evidenceHash(items)).toBe(expected)
    expect(evidenceHash([...items].reverse())).toBe(expected)
  })

  test('of one kind says which kind it is', () => {
    const one = (kind: string) => evidenceHash([{ kind, hash: checkpointsAlone }])
    expect(new Set([one('checkpoints'), one('upstreamReport'), one('later')]).size).toBe(3)
  })
})

describe('the line', () => {
  test('is not there without evidence', () => {
    expect(said(signReceipt())).toEqual([])
    expect(said(receiptWith({ checkpoints: [], others: {} }))).toEqual([])
  })

  test('holds for checkpoints, and beside them for kinds that nobody knows', () => {
    expect(said(receiptWith({ checkpoints, others: {} }, checkpointsAlone))).toEqual(['holds'])
    // By hand: keys sorted, no space.
    const later = '{"a":[1,"é"],"b":null}'
    const hash = evidenceHash([
      { kind: 'checkpoints', hash: checkpointsAlone },
      { kind: 'later', hash: keccak256Utf8(later) },
    ])
    const others = { later: { b: null, a: [1, 'é'] } }
    expect(said(receiptWith({ checkpoints, others }, hash))).toEqual(['holds'])
  })

  test('is unknown where the document has none of what the receipt names', () => {
    expect(said(receiptWith(undefined, checkpointsAlone))).toEqual(['unknown'])
  })

  const reportHash = evidenceHash([
    { kind: 'upstreamReport', hash: keccak256Utf8(JSON.stringify({ ...report, nonce: '' })) },
  ])
  test.each<[string, ParsedReceipt]>([
    ['put in where there was none', receiptWith({ checkpoints, others: {} })],
    ['exchanged', receiptWith({ checkpoints, others: {} }, bytes32(`0x${'ee'.repeat(32)}`))],
    ['added to', receiptWith({ checkpoints, others: { report } }, checkpointsAlone)],
    ['changed', receiptWith({ checkpoints: [], others: { upstreamReport: report } }, reportHash)],
  ])('fails for evidence that was %s', (_, parsed) => {
    expect(said(parsed)).toEqual(['fails'])
    expect(conclude(verifyReceipt(verificationOf(parsed)))).toBe('fails')
  })
})
