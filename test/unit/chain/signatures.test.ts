import { describe, expect, test } from 'vitest'
import { parsePrivateKey, randomPrivateKey } from '../../../src/chain/private-key.ts'
import {
  addressOfPrivateKey,
  curveInUse,
  parseSignature,
  recoverSigner,
  signDigest,
} from '../../../src/chain/signatures.ts'
import { bytes32, signature } from '../../../src/domain/units.ts'

const order = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
const one = `${'0'.repeat(63)}1`
const zero = '0'.repeat(64)
const digest = bytes32(`0x${'5a'.repeat(32)}`)

// The first account of the mnemonic that every development chain prints.
const knownKey = parsePrivateKey(
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
)
const knownAddress = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'

describe('keys', () => {
  test('a known key has its known address', () => {
    expect(knownKey && addressOfPrivateKey(knownKey)).toBe(knownAddress)
  })

  test.each([`0x${zero}`, `0x${order}`, `0x${'f'.repeat(64)}`, '0x01', '', one])(
    '%j is no key',
    (text) => {
      expect(parsePrivateKey(text)).toBeUndefined()
    },
  )

  test('the largest key is one below the order', () => {
    const largest = parsePrivateKey(`0x${order.slice(0, 63)}0`)
    expect(largest && addressOfPrivateKey(largest)).toMatch(/^0x[0-9a-f]{40}$/)
  })

  test('random keys differ', () => {
    expect(randomPrivateKey()).not.toBe(randomPrivateKey())
  })
})

describe('parseSignature names what is wrong', () => {
  test.each([
    ['', 'signature_not_hex'],
    ['0xzz', 'signature_not_hex'],
    [`0x${one}${one}1`, 'signature_not_hex'],
    ['0x', 'signature_not_65_bytes'],
    [`0x${one}${one}`, 'signature_not_65_bytes'],
    [`0x${one}${one}1b00`, 'signature_not_65_bytes'],
    [`0x${zero}${one}1b`, 'signature_r_out_of_range'],
    [`0x${order}${one}1b`, 'signature_r_out_of_range'],
    [`0x${one}${zero}1b`, 'signature_s_out_of_range'],
    [`0x${one}${order}1b`, 'signature_s_out_of_range'],
    [`0x${one}${one}02`, 'signature_v_unknown'],
    [`0x${one}${one}1a`, 'signature_v_unknown'],
    [`0x${one}${one}1d`, 'signature_v_unknown'],
    [`0x${one}${one}ff`, 'signature_v_unknown'],
  ])('%s: %s', (text, error) => {
    expect(parseSignature(text)).toEqual({ ok: false, error })
  })
})

describe('recoverSigner', () => {
  test('accepts what was signed and nothing longer or shorter', () => {
    const key = randomPrivateKey()
    const signed = signDigest(digest, key)
    expect(recoverSigner(digest, signed)).toBe(addressOfPrivateKey(key))
    expect(recoverSigner(digest, signature(`${signed}00`))).toBeUndefined()
    expect(recoverSigner(digest, signature(signed.slice(0, -2)))).toBeUndefined()
    expect(recoverSigner(digest, signature('0x'))).toBeUndefined()
  })

  test('another digest has another signer', () => {
    const key = randomPrivateKey()
    const signed = signDigest(digest, key)
    expect(recoverSigner(bytes32(`0x${'5b'.repeat(32)}`), signed)).not.toBe(
      addressOfPrivateKey(key),
    )
  })
})

test('the native binding is in use wherever its package has a binary', () => {
  const prebuilt = ['linux-x64', 'darwin-arm64', 'win32-x64']
  if (prebuilt.includes(`${process.platform}-${process.arch}`)) expect(curveInUse).toBe('native')
  else expect(['native', 'noble']).toContain(curveInUse)
})
