import { verifyTypedData } from 'ethers'
import { describe, expect, test } from 'vitest'
import {
  sealReceipt,
  tiersOf,
  type UnsealedReceipt,
} from '../../../src/attestation/seal-receipt.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import {
  hashPriceSheet,
  receiptDigest,
  receiptDomain,
} from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { checkEvidenceHash } from '../../../src/client/check-evidence-hash.ts'
import { readReceiptDocument } from '../../../src/client/parse-receipt-document.ts'
import type { SealedReceipt } from '../../../src/domain/hold.ts'
import type { ReceiptDocument } from '../../../src/domain/receipt-document.ts'
import {
  address,
  atomic,
  bytes32,
  noSignature,
  signature,
  unixSeconds,
} from '../../../src/domain/units.ts'
import { offerOf } from '../../support/requests.ts'
import { solidityTypes } from '../../support/solidity-types.ts'

const verifyingContract = address(`0x${'5e'.repeat(20)}`)
const privateKey = randomPrivateKey()
const signer = {
  operator: address(`0x${'0a'.repeat(20)}`),
  privateKey,
  domain: receiptDomain({ chainId: 31337, verifyingContract }),
  chainId: 31337,
  verifyingContract,
}
const filled = (byte: string) => bytes32(`0x${byte.repeat(32)}`)
const { prices } = offerOf()
const unsealed: UnsealedReceipt = {
  receiptId: filled('0a'),
  work: {
    jobId: filled('01'),
    gateway: signer.operator,
    contributor: address(`0x${'03'.repeat(20)}`),
    modelId: filled('04'),
    inputHash: filled('05'),
    outputHash: filled('06'),
    contentHash: filled('07'),
    streamRoot: filled('08'),
    promptTokens: 10,
    cachedPromptTokens: 4,
    completionTokens: 20,
    commitment: filled('00'),
    startedAt: unixSeconds(1),
    finishedAt: unixSeconds(2),
    status: 0,
  },
  contributorSignature: signature('0x1234'),
  client: address(`0x${'0b'.repeat(20)}`),
  requestHash: filled('0c'),
  responseHash: filled('0d'),
  channelId: filled('0e'),
  cost: atomic(2n ** 100n),
  prices,
  priceHash: hashPriceSheet(prices),
  usageSource: 'reported',
  record: '{}',
  sealedAt: unixSeconds(1),
  answerId: undefined,
}
const position = {
  gatewaySeq: 7,
  channelSeq: 3,
  cumulative: atomic(2n ** 101n),
  prevReceipt: filled('0f'),
}

const documentOf = (of: UnsealedReceipt = unsealed, at = position): ReceiptDocument =>
  JSON.parse(sealReceipt(signer, of, at).body()) as ReceiptDocument

function parsed(document: ReceiptDocument) {
  const read = readReceiptDocument(document)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return read.value
}

describe('sealReceipt', () => {
  test("is signed by the gateway's key, as ethers reads the same struct", () => {
    const { receipt, gatewaySignature, domain } = documentOf()
    const recovered = verifyTypedData(domain, solidityTypes.Receipt, receipt, gatewaySignature)
    expect(recovered.toLowerCase()).toBe(addressOfPrivateKey(privateKey))
  })

  test('says where it stands, and what it is known by', () => {
    const sealed = sealReceipt(signer, unsealed, position)
    const { receipt } = JSON.parse(sealed.body()) as ReceiptDocument
    expect(sealed.receiptId).toBe(unsealed.receiptId)
    expect(receipt).toMatchObject({
      gatewaySeq: 7,
      channelSeq: 3,
      prevReceipt: position.prevReceipt,
    })
    expect(sealed.digest).toBe(
      receiptDigest(signer.domain, {
        ...receipt,
        cost: atomic(BigInt(receipt.cost)),
        cumulative: atomic(BigInt(receipt.cumulative)),
      }),
    )
  })

  test('keeps amounts beyond doubles as decimal strings, and prices to compute the cost again', () => {
    const { receipt, priceSheet } = documentOf()
    expect(receipt.cost).toBe(String(2n ** 100n))
    expect(receipt.cumulative).toBe(String(2n ** 101n))
    expect(priceSheet.completionAtomicPerMtok).toBe('2000000')
    expect(
      hashPriceSheet({
        ...prices,
        completionAtomicPerMtok: atomic(BigInt(priceSheet.completionAtomicPerMtok)),
      }),
    ).toBe(receipt.priceHash)
  })

  test('claims the tiers that it has: with a contributor that signed, and without', () => {
    expect(documentOf().receipt.tiers).toBe(3)
    const alone = documentOf({ ...unsealed, contributorSignature: noSignature })
    expect(alone.receipt.tiers).toBe(1)
    expect(alone.contributorSignature).toBe('0x')
  })

  test('claims a commitment, an audit and a bound key of a contributor that signed, and of no other', () => {
    const standing = { isAudited: true, isKeyBound: true }
    const work = { ...unsealed.work, commitment: filled('09') }
    expect(tiersOf({ ...unsealed, work })).toBe(1 | 2 | 4)
    expect(tiersOf({ ...unsealed, standing: { ...standing, isKeyBound: false } })).toBe(1 | 2 | 8)
    expect(tiersOf({ ...unsealed, standing: { ...standing, isAudited: false } })).toBe(1 | 2 | 16)
    expect(documentOf({ ...unsealed, work, standing }).receipt.tiers).toBe(31)
    expect(tiersOf({ work, standing, contributorSignature: noSignature })).toBe(1)
  })

  test('names its evidence, and shows it', () => {
    const upstreamReport = {
      origin: 'https://attested.example',
      nonce: 'ab'.repeat(32),
      reportHash: filled('0d'),
      signingAddress: '',
      askedAt: unixSeconds(1),
      verification: 'asserted',
    } as const
    const document = documentOf({ ...unsealed, evidence: { upstreamReport } })
    expect(document.evidence).toEqual({ upstreamReport })
    expect(document.receipt.evidenceHash).not.toBe(filled('00'))
    const lines = checkEvidenceHash(parsed(document))
    expect(lines.map(({ verdict }) => verdict)).toEqual(['holds'])
  })

  test('has no effect of its own: sealed again it is the same, elsewhere another', () => {
    const once = sealReceipt(signer, unsealed, position)
    const again = sealReceipt(signer, unsealed, position)
    const read = (sealed: SealedReceipt) => ({
      ...sealed,
      body: sealed.body(),
      packed: sealed.packed?.(),
    })
    expect(read(again)).toEqual(read(once))
    const elsewhere = sealReceipt(signer, unsealed, { ...position, channelSeq: 4 })
    expect(elsewhere.digest).not.toBe(once.digest)
  })

  test('is one line of JSON without anything that is secret', () => {
    const body = sealReceipt(signer, unsealed, position).body()
    expect(body).not.toContain('\n')
    expect(body).not.toContain(privateKey.slice(2))
    expect(JSON.stringify(JSON.parse(body))).toBe(body)
  })
})
