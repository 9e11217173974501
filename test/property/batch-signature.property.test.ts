import { keccak256, TypedDataEncoder, verifyTypedData } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ecdsaPartOf, signDigests } from '../../src/chain/batch-signature.ts'
import { addressOfPrivateKey, recoverSigner } from '../../src/chain/signatures.ts'
import { type Bytes32, bytes32, type Signature, signature } from '../../src/domain/units.ts'
import { gatewayKey } from '../support/signed-receipt.ts'

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes32(`0x${Buffer.from(bytes).toString('hex')}`))
const signer = addressOfPrivateKey(gatewayKey)

function signerOf(statement: Bytes32, signed: Signature): string | undefined {
  const ecdsa = ecdsaPartOf(statement, signed)
  return ecdsa && recoverSigner(ecdsa.digest, ecdsa.signature)
}

function rootOfTwo(digests: readonly Bytes32[]): string {
  const [low = '', high = ''] = digests.map((one) => keccak256(one)).sort()
  return keccak256(`${low}${high.slice(2)}`)
}

describe('a batch', () => {
  test('signs each of its statements and no other, whatever its size', () => {
    let batches = 0
    fc.assert(
      fc.property(fc.uniqueArray(digest, { minLength: 1, maxLength: 40 }), digest, (all, other) => {
        const signatures = signDigests(all, gatewayKey)
        expect(signatures).toHaveLength(all.length)
        for (const [index, one] of all.entries()) {
          expect(signerOf(one, signatures[index] as Signature)).toBe(signer)
        }
        if (all.includes(other)) return
        for (const one of signatures) expect(signerOf(other, one)).not.toBe(signer)
        if (all.length > 1) batches += 1
      }),
      { numRuns: 25 },
    )
    expect(batches).toBeGreaterThan(0)
  })

  test('holds no bit that could be another', () => {
    let changed = 0
    fc.assert(
      fc.property(
        fc.uniqueArray(digest, { minLength: 2, maxLength: 20 }),
        fc.nat(),
        fc.nat(7),
        (all, at, bit) => {
          const index = at % all.length
          const bytes = Buffer.from((signDigests(all, gatewayKey)[index] ?? '').slice(2), 'hex')
          const place = at % bytes.length
          bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
          const spoiled = signature(`0x${bytes.toString('hex')}`)
          expect(signerOf(all[index] as Bytes32, spoiled)).not.toBe(signer)
          changed += 1
        },
      ),
    )
    expect(changed).toBeGreaterThan(0)
  })

  test('of one statement is its plain signature', () => {
    const one = bytes32(`0x${'5a'.repeat(32)}`)
    const [alone] = signDigests([one], gatewayKey)
    expect(alone).toHaveLength(132)
    expect(recoverSigner(one, alone as Signature)).toBe(signer)
    expect(signDigests([], gatewayKey)).toEqual([])
  })

  test('is signed as another library signs the same typed data', () => {
    const all = [bytes32(`0x${'01'.repeat(32)}`), bytes32(`0x${'02'.repeat(32)}`)]
    const [first] = signDigests(all, gatewayKey)
    const domain = { name: 'Vouch Batches', version: '1' }
    const types = { Batch: [{ name: 'root', type: 'bytes32' }] }
    const ecdsa = ecdsaPartOf(all[0] as Bytes32, first as Signature)
    const root = rootOfTwo(all)
    expect(ecdsa?.digest).toBe(TypedDataEncoder.hash(domain, types, { root }))
    expect(verifyTypedData(domain, types, { root }, ecdsa?.signature ?? '').toLowerCase()).toBe(
      signer,
    )
  })

  test('is told by its length, and neither a wallet nor anything longer is read as one', () => {
    const statement = bytes32(`0x${'5a'.repeat(32)}`)
    const ofLength = (length: number) =>
      ecdsaPartOf(statement, signature(`0x${'00'.repeat(length)}`)) !== undefined
    const read = Array.from({ length: 700 }, (_, length) => length).filter(ofLength)
    expect(read).toEqual(Array.from({ length: 17 }, (_, siblings) => 65 + 32 * siblings))
  })
})
