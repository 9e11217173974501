/*
 * One signature for several statements of one key, because a signature costs more than all else that is done for a receipt
 * (bench/README.md). OperatorSignature.sol reads the same bytes with the same verdict:
 *
 *   signature   65 bytes over Batch(root) ‖ the siblings, 32 bytes each, on the way from keccak256(digest) to the root
 *
 * The domain of a batch names no chain and no contract: each statement's digest does. A statement alone is signed as ever.
 */
import { assert } from '../base/assert.ts'
import { fromHex, hexOf } from '../base/hex.ts'
import { type Bytes32, bytes32, type Signature } from '../domain/units.ts'
import { keccak256Hex, keccak256Utf8 } from './keccak.ts'
import type { PrivateKey } from './private-key.ts'
import { signDigest } from './signatures.ts'
import { merkleTree, rootFrom, rootOf, siblingsOf } from './sorted-merkle-tree.ts'
import { type DomainSeparator, hashWord, typedDataDigest, typeHash } from './typed-data.ts'

const batchTypeHash = typeHash('Batch(bytes32 root)')
const batchDomain = `1901${hashWord(
  keccak256Hex(
    typeHash('EIP712Domain(string name,string version)') +
      hashWord(keccak256Utf8('Vouch Batches')) +
      hashWord(keccak256Utf8('1')),
  ),
)}` as DomainSeparator

const ecdsaBytes = 65
const siblingBytes = 32
/** OperatorSignature.sol has the same: a batch of no more than 65,536 statements. */
const siblingsMax = 16

/** What is signed for all statements of a batch. */
const batchDigest = (root: Bytes32): Bytes32 =>
  typedDataDigest(batchDomain, keccak256Hex(batchTypeHash + hashWord(root)))

/** A signature for each digest, in their order: of one the plain 65 bytes, of more all by one signature. */
export function signDigests(
  digests: readonly Bytes32[],
  privateKey: PrivateKey,
): readonly Signature[] {
  const [alone, ...others] = digests
  if (alone === undefined) return []
  if (others.length === 0) return [signDigest(alone, privateKey)]
  assert(digests.length <= 2 ** siblingsMax, 'a batch has no more statements than can be verified')
  const tree = merkleTree(digests.map(leafOf))
  const signed = signDigest(batchDigest(rootOf(tree)), privateKey)
  return digests.map((_, index) => {
    const siblings = siblingsOf(tree, index).map(hashWord)
    return (signed + siblings.join('')) as Signature
  })
}

/**
 * The 65 bytes of a signature, and the digest that they sign: of a statement in a batch that of the batch. Undefined where
 * the length is of neither kind. An ERC-1271 signature of such a length is not read as one: its wallet takes a byte more.
 */
export function ecdsaPartOf(
  digest: Bytes32,
  signature: Signature,
): { readonly digest: Bytes32; readonly signature: Signature } | undefined {
  const { length } = fromHex(signature)
  if (length === ecdsaBytes) return { digest, signature }
  const siblings = (length - ecdsaBytes) / siblingBytes
  if (!Number.isInteger(siblings) || siblings < 1 || siblings > siblingsMax) return undefined
  const word = (index: number): Bytes32 => {
    const from = 2 + 2 * (ecdsaBytes + index * siblingBytes)
    return bytes32(hexOf(signature.slice(from, from + 2 * siblingBytes)))
  }
  const root = rootFrom(
    leafOf(digest),
    Array.from({ length: siblings }, (_, index) => word(index)),
  )
  const ecdsa = signature.slice(0, 2 + 2 * ecdsaBytes) as Signature
  return { digest: batchDigest(root), signature: ecdsa }
}

const leafOf = (digest: Bytes32): Bytes32 => keccak256Hex(hashWord(digest))
