import { expect, test } from 'vitest'
import { openSignTogether } from '../../../src/attestation/sign-together.ts'
import { signDigests } from '../../../src/chain/batch-signature.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { gatewayKey } from '../../support/signed-receipt.ts'

const digestOf = (index: number) => bytes32(`0x${String(index).padStart(64, '0')}`)

test('what gathered until one signature is asked for is signed together, and what comes later is not', () => {
  const signTogether = openSignTogether(gatewayKey)
  const early = [1, 2, 3].map(digestOf)
  const signers = early.map((digest) => signTogether(digest))
  expect(signers[1]?.()).toBe(signDigests(early, gatewayKey)[1])
  const late = signTogether(digestOf(4))
  expect(signers.map((sign) => sign())).toEqual(signDigests(early, gatewayKey))
  expect(late()).toBe(signDigests([digestOf(4)], gatewayKey)[0])
})

test('who asks at once gets the plain signature of its own', () => {
  const signTogether = openSignTogether(gatewayKey)
  const alone = [1, 2].map((index) => signTogether(digestOf(index))())
  expect(alone).toEqual([1, 2].map((index) => signDigests([digestOf(index)], gatewayKey)[0]))
  expect(alone.every((signature) => signature.length === 132)).toBe(true)
})
