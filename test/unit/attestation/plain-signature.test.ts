import { expect, test } from 'vitest'
import { plainlySigned } from '../../../src/attestation/plain-signature.ts'
import { signDigests } from '../../../src/chain/batch-signature.ts'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { documentOf, gatewayKey, signReceipt } from '../../support/signed-receipt.ts'

const alone = signReceipt()
const { receiptDigest } = recoverSigners(alone)
const together = [receiptDigest, recoverSigners(alone).workDigest]
const sharing = (key = gatewayKey) =>
  JSON.stringify({ ...documentOf(alone), gatewaySignature: signDigests(together, key)[0] })

test('the same receipt gets the signature that it would have had alone', () => {
  expect(JSON.parse(sharing()).gatewaySignature).toHaveLength(132 + 64)
  expect(plainlySigned(sharing(), gatewayKey)).toBe(JSON.stringify(documentOf(alone)))
})

test('a receipt with a signature of its own, and one of another key, stay as they are', () => {
  const plain = JSON.stringify(documentOf(alone))
  expect(plainlySigned(plain, gatewayKey)).toBe(plain)
  const former = sharing(randomPrivateKey())
  expect(plainlySigned(former, gatewayKey)).toBe(former)
})
