/*
 * The reading of `test/vectors/contracts-*.json` by TypeScript; ContractVectors.t.sol is the one by
 * the contracts. ethers made the files, so that neither of the two is its own judge.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keccak256Hex } from '../../../src/chain/keccak.ts'
import { receiptDigest, receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { parseSignature, recoverSigner } from '../../../src/chain/signatures.ts'
import { type CheckLine, conclude } from '../../../src/client/check-line.ts'
import { checkRelations } from '../../../src/client/check-relations.ts'
import { checkKnownKeys, checkSignatures } from '../../../src/client/check-signatures.ts'
import type { ParsedReceipt } from '../../../src/client/parse-receipt-document.ts'
import { readSigner, recoverSigners } from '../../../src/client/recover-signers.ts'
import { noTrustAnchors } from '../../../src/client/trust-anchors.ts'
import type { Receipt, Work } from '../../../src/domain/receipt.ts'
import {
  type Address,
  atomic,
  type Bytes32,
  type Signature,
  zeroAddress,
} from '../../../src/domain/units.ts'
import { priceSheet } from '../../support/signed-receipt.ts'

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))

describe('signatures', () => {
  type Vector = {
    readonly name: string
    readonly digest: Bytes32
    readonly signature: Signature
    /** Zero where the signature is refused. */
    readonly signer: Address
  }
  const vectors = read<readonly Vector[]>('contracts-signatures.json')

  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { digest, signature, signer } = vector
    expect(recoverSigner(digest, signature)).toBe(signer === zeroAddress ? undefined : signer)
  })

  test('a spelling with the right words leads back to the one that is accepted', () => {
    const repaired = vectors.filter(({ name }) => /high s, v flipped|v 0 or 1/.test(name))
    for (const { name, signature } of repaired) {
      const label = name.split(':')[0]
      const canonical = vectors.find((vector) => vector.name === `${label}: canonical`)
      expect(parseSignature(signature)).toEqual({ ok: true, value: canonical?.signature })
    }
    expect(repaired).toHaveLength(6)
  })

  test('the file accepts three signatures and refuses thirteen spellings of each', () => {
    expect(vectors.filter(({ signer }) => signer !== zeroAddress)).toHaveLength(3)
    expect(vectors.filter(({ signer }) => signer === zeroAddress)).toHaveLength(39)
  })
})

describe('batches', () => {
  type Vector = { name: string; ok: boolean; digest: Bytes32; signature: Signature }
  const { key, batches } = read<{ key: Address; batches: readonly Vector[] }>(
    'contracts-batch-signatures.json',
  )

  test.each(batches.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const signer = readSigner(vector.digest, vector.signature)
    expect(signer.kind === 'key' && signer.address === key).toBe(vector.ok)
  })

  test('the file accepts eighteen and refuses ten', () => {
    expect(batches.filter(({ ok }) => ok)).toHaveLength(18)
    expect(batches.filter(({ ok }) => !ok)).toHaveLength(10)
  })
})

describe('Merkle paths', () => {
  type Vector = {
    readonly name: string
    readonly digest: Bytes32
    readonly root: Bytes32
    readonly proof: readonly Bytes32[]
  }
  const vectors = read<readonly Vector[]>('contracts-merkle.json')
  const digits = (word: Bytes32): string => word.slice(2)
  const leafOf = (digest: Bytes32): Bytes32 => keccak256Hex(digits(digest))
  /** OpenZeppelin's MerkleProof: the lesser of two nodes stands first. */
  const rootOf = (leaf: Bytes32, proof: readonly Bytes32[]): Bytes32 =>
    proof.reduce((node, sibling) => keccak256Hex([node, sibling].map(digits).sort().join('')), leaf)

  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { digest, root, proof } = vector
    expect(rootOf(leafOf(digest), proof)).toBe(root)
    // Hashed twice, so that no inner node can pass for a receipt.
    expect(rootOf(digest, proof)).not.toBe(root)
    expect(rootOf(leafOf(leafOf(digest)), proof)).not.toBe(root)
    if (proof.length > 0) expect(rootOf(leafOf(digest), proof.slice(1))).not.toBe(root)
  })

  test('the file has trees of many shapes', () => {
    expect(vectors.length).toBeGreaterThan(20)
  })
})

describe('receipts', () => {
  type AsText<T> = { readonly [Name in keyof T]: string }
  type Vector = {
    readonly name: string
    readonly ok: boolean
    readonly digest: Bytes32
    readonly receipt: AsText<Omit<Receipt, 'work'>> & { readonly work: AsText<Work> }
    readonly contributorSignature: Signature
    readonly gatewaySignature: Signature
  }
  const file = read<{
    readonly domain: ParsedReceipt['domain']
    readonly parties: Readonly<
      Record<'gateway' | 'gatewayKey' | 'contributor' | 'contributorKey', Address>
    > & { readonly keysActiveFrom: number }
    readonly receipts: readonly Vector[]
  }>('contracts-receipts.json')
  const { domain, parties } = file

  /** Integers are decimal strings in the file, so that Solidity's reader takes them all alike. */
  const withNumbers = <T>(struct: AsText<T>): T =>
    Object.fromEntries(
      Object.entries<string>(struct).map(([name, text]) => [
        name,
        /^\d+$/.test(text) ? Number(text) : text,
      ]),
    ) as T

  function receiptOf({ receipt: { work, ...outer } }: Vector): Receipt {
    return {
      ...withNumbers<Omit<Receipt, 'work'>>(outer),
      cost: atomic(BigInt(outer.cost)),
      cumulative: atomic(BigInt(outer.cumulative)),
      work: withNumbers<Work>(work),
    }
  }

  /** What `ReceiptVerifier.verify` looks at, made of the checks of `vouch verify`. */
  function judge(vector: Vector): readonly CheckLine[] {
    const { contributorSignature, gatewaySignature } = vector
    const receipt = receiptOf(vector)
    const parsed: ParsedReceipt = {
      receipt,
      contributorSignature,
      gatewaySignature,
      domain,
      priceSheet,
      usage: { source: 'reported' },
    }
    const signers = recoverSigners(parsed)
    // The registry's rule: a key is no key before its time.
    const keysCount = receipt.work.finishedAt >= parties.keysActiveFrom
    const known = (operator: Address, key: Address) => [
      { operator, key: keysCount ? key : zeroAddress },
    ]
    return [
      ...checkSignatures(parsed, signers),
      ...checkKnownKeys(parsed, signers, {
        ...noTrustAnchors,
        gatewayKeys: known(parties.gateway, parties.gatewayKey),
        contributorKeys: known(parties.contributor, parties.contributorKey),
      }),
      ...checkRelations(receipt, 0).filter(({ check }) => check === 'tiers'),
    ]
  }

  test.each(file.receipts.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    expect(receiptDigest(receiptDomain(domain), receiptOf(vector))).toBe(vector.digest)
    expect(conclude(judge(vector))).toBe(vector.ok ? 'holds' : 'fails')
  })

  test('the file has valid receipts, and others', () => {
    expect(file.receipts.filter(({ ok }) => ok)).toHaveLength(3)
    expect(file.receipts).toHaveLength(25)
  })
})
