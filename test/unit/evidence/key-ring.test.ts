import { createPublicKey, verify } from 'node:crypto'
import { Wallet } from 'ethers'
import { expect, test } from 'vitest'
import { parsePrivateKey } from '../../../src/chain/private-key.ts'
import { ed25519Key, openKeyRing } from '../../../src/evidence/key-ring.ts'
import { aPrivateKey } from '../../support/evidence.ts'

/** RFC 8032, section 7.1. */
test.each([
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    text: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    text: 'r',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
])('signs as RFC 8032 does: $publicKey', ({ seed, publicKey, text, signature }) => {
  const key = ed25519Key(Buffer.from(seed, 'hex'))
  expect(key.publicKey).toBe(publicKey)
  expect(key.sign(text)).toBe(signature)
})

test('replicas of one gateway have the same keys, and no two roles share one', () => {
  const [one, other] = [openKeyRing(aPrivateKey), openKeyRing(aPrivateKey)]
  const publicKeys = [one.convention, one.aciReceipt, one.identity].map((key) => key.publicKey)
  expect(new Set(publicKeys).size).toBe(3)
  expect([other.convention, other.aciReceipt, other.identity].map((key) => key.publicKey)).toEqual(
    publicKeys,
  )
})

test('another signing key has other keys', () => {
  const another = parsePrivateKey(`0x${'77'.repeat(32)}`)
  if (another === undefined) throw new Error('a key')
  expect(openKeyRing(another).identity.publicKey).not.toBe(
    openKeyRing(aPrivateKey).identity.publicKey,
  )
})

test('the registered key is that of its account', () => {
  const { registered } = openKeyRing(aPrivateKey)
  const wallet = new Wallet(aPrivateKey)
  expect(registered.address).toBe(wallet.address.toLowerCase())
  expect(`0x${registered.publicKey}`).toBe(wallet.signingKey.publicKey)
})

test('a derived key verifies as any other', () => {
  const { publicKey, sign } = openKeyRing(aPrivateKey).convention
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey, 'hex').toString('base64url') },
    format: 'jwk',
  })
  const signature = Buffer.from(sign('text'), 'hex')
  expect(verify(null, Buffer.from('text'), key, signature)).toBe(true)
  expect(verify(null, Buffer.from('text.'), key, signature)).toBe(false)
})
