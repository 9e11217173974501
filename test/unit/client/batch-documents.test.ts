/*
 * The proof in test/fixtures/proofs/batch16.json was made by `vouch prove batch` of the batch of test/support/signed-batch.ts, with
 * development keys; test/zk/batch-proof.spec.ts makes one like it each time.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import {
  batchProofText,
  parseBatchProof,
  parseSignedBatch,
  signedBatchText,
} from '../../../src/client/batch-documents.ts'
import { atomic, noSignature } from '../../../src/domain/units.ts'
import { type BatchProof, verifyBatchProof } from '../../../src/proofs/batch-proof.ts'
import { expectOk } from '../../support/dev-chain.ts'
import { signedBatchOf, someUsages } from '../../support/signed-batch.ts'
import { contributorKey } from '../../support/signed-receipt.ts'

const bytes = readFileSync(resolve(import.meta.dirname, '../../fixtures/proofs/batch16.json'))
const document = expectOk(parseBatchProof(bytes))
const batch = signedBatchOf(someUsages(16))
const batchText = signedBatchText(batch)

/** The text with one member of its JSON changed, by its path. */
function changed(text: string, path: readonly string[], value: unknown): Uint8Array {
  const root = JSON.parse(text) as Record<string, unknown>
  let at = root
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>
  at[path.at(-1) ?? ''] = value
  return Buffer.from(JSON.stringify(root))
}

describe('as files', () => {
  test('a signed batch and a proof are read as they were written', () => {
    expect(parseSignedBatch(Buffer.from(batchText))).toEqual({ ok: true, value: batch })
    expect(batchProofText(document)).toBe(bytes.toString())
    expect(document.statement).toEqual(batch.statement)
  })

  test.each([
    [['object'], 'vouch.signed_batch'],
    [['statement', 'total'], 5],
    [['statement', 'more'], 1],
    [['entries'], {}],
    [['entries', '0', 'promptTokens'], 2 ** 32],
    [['key', 'x'], `0x${'ff'.repeat(32)}`],
    [['signature', 'response'], '0'],
    [['endorsement'], 'none'],
  ])('%j as %j makes it no signed batch', (path, value) => {
    const parsed = parseSignedBatch(changed(batchText, path, value))
    expect(parsed.ok).toBe(false)
    if (!parsed.ok) expect(parsed.error[0]?.path.replace('[0]', '.0')).toBe(path.join('.'))
  })

  test('nor is a proof one with a member of it wrong, twice or too long', () => {
    const text = bytes.toString()
    expect(parseBatchProof(changed(text, ['proof', 'setup'], 'whatever'))).toMatchObject({
      ok: false,
      error: [{ path: 'proof.setup' }],
    })
    const twice = text.replace('{', '{"object":"vouch.batch-proof",')
    expect(parseBatchProof(Buffer.from(twice)).ok).toBe(false)
    expect(parseBatchProof(Buffer.from(text + ' '.repeat(2 ** 16))).ok).toBe(false)
    expect(parseBatchProof(Buffer.from('{')).ok).toBe(false)
  })
})

describe('the proof', () => {
  const { vkHash } = document.proof
  const verified = (changes: Partial<BatchProof> = {}) =>
    verifyBatchProof({ ...document, ...changes }, { vkHash })

  test('holds, and names the key that endorsed the usage key', () => {
    const signingKey = addressOfPrivateKey(contributorKey)
    expect(verified()).toEqual({ ok: true, value: { statement: batch.statement, signingKey } })
  })

  test('holds under the key that is believed alone', () => {
    const other = batch.statement.channelId
    expect(verifyBatchProof(document, { vkHash: other })).toMatchObject({
      error: { reason: 'verification_key_mismatch' },
    })
  })

  test('is of no other statement, place or signer', () => {
    const { statement } = document
    const malformed = { error: { reason: 'public_inputs_malformed' } }
    const total = atomic(statement.total + 1n)
    expect(verified({ statement: { ...statement, total } })).toMatchObject(malformed)
    expect(verified({ statement: { ...statement, count: 2 ** 31 } })).toMatchObject(malformed)
    const elsewhere = { vkHash, domainSeparator: statement.channelId }
    expect(verifyBatchProof(document, elsewhere)).toMatchObject(malformed)
    expect(verified({ endorsement: noSignature })).toMatchObject({
      error: { reason: 'proof_malformed' },
    })
  })

  test('with a word of it changed is false', () => {
    const digits = document.proof.proof
    // C in the place of A: points of the curve, and another proof.
    const swapped = `0x${digits.slice(-128)}${digits.slice(130)}` as typeof digits
    const proof = { ...document.proof, proof: swapped }
    expect(verified({ proof })).toMatchObject({ error: { reason: 'proof_false' } })
  })
})
