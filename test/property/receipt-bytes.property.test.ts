/*
 * A receipt as a store keeps it says what was sealed: the same document, byte for byte, and the same digest.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sealReceipt } from '../../src/attestation/seal-receipt.ts'
import { encodeReceipt } from '../../src/chain/encode-receipt.ts'
import { receiptDigest, receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { PriceSheet } from '../../src/domain/price-sheet.ts'
import {
  digestOffset,
  packReceipt,
  packTerms,
  unpackReceipt,
} from '../../src/domain/receipt-bytes.ts'
import { receiptDocument } from '../../src/domain/receipt-document.ts'
import { type Signature, signature, zeroAddress, zeroBytes32 } from '../../src/domain/units.ts'
import { anyAddress, anyPriceSheet, anyReceipt, anyUint64 } from '../support/arbitraries.ts'
import { gatewayKey } from '../support/signed-receipt.ts'

/** Of what is zero in most receipts, and of what begins with zeros in some. */
const thinned = <T extends object>(whole: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(whole, fc.infiniteStream(fc.integer({ min: 0, max: 3 }))).map(
    ([value, draws]) =>
      Object.fromEntries(
        Object.entries(value).map(([name, member]) => {
          const draw = draws.next().value
          if (typeof member !== 'string' || draw > 1) return [name, member]
          if (draw === 0) return [name, member.length === 42 ? zeroAddress : zeroBytes32]
          return [name, `0x0000${member.slice(6)}`]
        }),
      ) as T,
  )

const receipts = fc
  .tuple(thinned(anyReceipt), thinned(anyReceipt.map(({ work }) => work)))
  .map(([receipt, work]) => ({ ...receipt, work }))

const signatures: fc.Arbitrary<Signature> = fc
  .uint8Array({ maxLength: 65 + 16 * 32 })
  .map((bytes) => signature(`0x${Buffer.from(bytes).toString('hex')}`))

const priceSheets: fc.Arbitrary<PriceSheet> = thinned(anyPriceSheet)

const places = fc.record({ chainId: anyUint64, verifyingContract: anyAddress })

test('a packed receipt is the document that was sealed, its record and its digest', () => {
  let packed = 0
  fc.assert(
    fc.property(
      receipts,
      priceSheets,
      places,
      fc.tuple(signatures, signatures),
      fc.constantFrom('reported', 'counted', 'corrected'),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      (receipt, prices, place, [contributorSignature, gatewaySignature], usageSource, record) => {
        const domain = receiptDomain(place)
        const { digest, words } = encodeReceipt(domain, receipt)
        expect(digest).toBe(receiptDigest(domain, receipt))
        const signed = { usageSource, contributorSignature, gatewaySignature }
        const terms = packTerms(prices, place)
        const bytes = packReceipt({ digest, words, terms, record, ...signed })
        const sealed = { receipt, prices, domain: place, ...signed }
        const body = JSON.stringify(receiptDocument(sealed))
        expect(unpackReceipt(bytes)).toEqual({ body, record })
        const digestBytes = Buffer.from(bytes).subarray(digestOffset, digestOffset + 32)
        expect(`0x${digestBytes.toString('hex')}`).toBe(digest)
        // What is cut off, or of another version, is not read as another receipt.
        const cut = bytes.length - Buffer.byteLength(record) - 1
        expect(() => unpackReceipt(bytes.subarray(0, cut))).toThrow('whole')
        expect(() => unpackReceipt(Buffer.concat([Buffer.from([2]), bytes.subarray(1)]))).toThrow(
          'version',
        )
        packed += 1
      },
    ),
  )
  expect(packed).toBeGreaterThan(0)
})

test('what is sealed without evidence is packed, as signed as its document, and with evidence it is not', () => {
  const verifyingContract = zeroAddress
  const signer = {
    operator: addressOfPrivateKey(gatewayKey),
    privateKey: gatewayKey,
    domain: receiptDomain({ chainId: 1, verifyingContract }),
    chainId: 1,
    verifyingContract,
  }
  let sealedReceipts = 0
  fc.assert(
    fc.property(receipts, priceSheets, signatures, (receipt, prices, contributorSignature) => {
      const unsealed = {
        ...receipt,
        prices,
        contributorSignature,
        usageSource: 'reported' as const,
        record: '{"a":1}',
        sealedAt: receipt.work.finishedAt,
        answerId: undefined,
      }
      const sealed = sealReceipt(signer, unsealed, receipt)
      const packed = sealed.packed?.()
      expect(packed && unpackReceipt(packed)).toEqual({ body: sealed.body(), record: '{"a":1}' })
      const evidence = { checkpoints: [] }
      expect(sealReceipt(signer, { ...unsealed, evidence }, receipt).packed).toBeUndefined()
      sealedReceipts += 1
    }),
  )
  expect(sealedReceipts).toBeGreaterThan(0)
})
