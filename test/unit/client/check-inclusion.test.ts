import { describe, expect, test } from 'vitest'
import { receiptDigest, receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { checkInclusion } from '../../../src/client/check-inclusion.ts'
import { readInclusionProof } from '../../../src/client/log-documents.ts'
import type { InclusionProofDocument } from '../../../src/domain/log-documents.ts'
import { type Bytes32, signature } from '../../../src/domain/units.ts'
import { formBatch } from '../../../src/transparency/form-batch.ts'
import {
  closedAt,
  proofIn,
  signedHead,
  someBatches,
  someDigests,
} from '../../support/log-batches.ts'
import {
  contributorKey,
  contributorOperator,
  gatewayKey,
  gatewayOperator,
  signReceipt,
} from '../../support/signed-receipt.ts'

const parsed = signReceipt()
const digest = receiptDigest(receiptDomain(parsed.domain), parsed.receipt)
// The receipt has gatewaySeq 41: the 31st of the second batch, after ten.
const [first] = someBatches([10])
const digests = someDigests(50).with(30, digest)
const head = formBatch({ gateway: gatewayOperator, before: first?.head, digests, closedAt })
const proof = proofIn({ head, digests }, 30)

const withHead = (change: Partial<typeof head>, key = gatewayKey): InclusionProofDocument => ({
  ...proof,
  log: signedHead({ ...head, ...change }, key),
})

describe('a receipt and its proof', () => {
  test('is in its place under a head that the gateway signed', () => {
    expect(checkInclusion(parsed, proof)).toEqual({
      ok: true,
      value: {
        batch: 1,
        root: head.root,
        closedAt,
        signer: { kind: 'key', address: addressOfPrivateKey(gatewayKey) },
      },
    })
  })

  test('says who signed, where another did: whether that is the gateway is asked elsewhere', () => {
    const signed = checkInclusion(parsed, withHead({}, contributorKey))
    expect(signed).toMatchObject({
      value: { signer: { address: addressOfPrivateKey(contributorKey) } },
    })
  })

  test.each<[string, InclusionProofDocument]>([
    ['of another receipt', proofIn({ head, digests }, 29)],
    ['for another number', { ...proof, gatewaySeq: 40 }],
    ['whose batch begins later', withHead({ firstSeq: 42 })],
    ['whose batch ends before', withHead({ count: 30 })],
    ["under another gateway's head", withHead({ gateway: contributorOperator })],
    ['under another root', withHead({ root: digest })],
    ['with a path that is cut', { ...proof, siblings: proof.siblings.slice(1) }],
    ['with a path out of order', { ...proof, siblings: proof.siblings.toReversed() }],
    [
      'with a path deeper than a batch',
      { ...proof, siblings: Array.from({ length: 13 }, () => digest) },
    ],
    [
      'in the domain of another chain',
      { ...proof, log: { ...proof.log, domain: { ...proof.log.domain, chainId: 1 } } },
    ],
    ['without a signature', { ...proof, log: { ...proof.log, signature: signature('0x') } }],
    [
      'with a signature that is none',
      { ...proof, log: { ...proof.log, signature: signature(`0x${'00'.repeat(65)}`) } },
    ],
  ])('a proof %s is refused', (_what, wrong) => {
    expect(checkInclusion(parsed, wrong).ok).toBe(false)
  })

  test('a receipt of which anything was changed has no proof', () => {
    const { receipt } = parsed
    const changed = { ...parsed, receipt: { ...receipt, responseHash: digest as Bytes32 } }
    expect(checkInclusion(changed, proof).ok).toBe(false)
  })

  test('reads back from JSON; what is signed has no other member', () => {
    const sent: unknown = JSON.parse(JSON.stringify(proof))
    expect(readInclusionProof(sent)).toEqual({ ok: true, value: proof })
    const more = { ...proof, log: { ...proof.log, head: { ...head, note: 1 } } }
    expect(readInclusionProof(more)).toMatchObject({ error: [{ path: 'log.head.note' }] })
  })
})
