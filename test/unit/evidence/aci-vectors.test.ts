/*
 * ACI's own published vectors, byte for byte: canonical forms, digests, the attestation statement, a session's id, a receipt's
 * signature (test/vectors/aci.json).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../../src/base/canonical-json.ts'
import { sha256Hex } from '../../../src/base/sha256.ts'
import { aciReportData, jcsDigest } from '../../../src/evidence/aci-keyset.ts'
import { type AciSession, sessionEvidence, sessionIdOf } from '../../../src/evidence/aci-session.ts'
import { ed25519Key } from '../../../src/evidence/key-ring.ts'

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/aci.json'), 'utf8'),
) as {
  readonly receiptKey: { readonly seed: string; readonly publicKey: string }
  readonly keyset: { readonly canonical: string; readonly digest: string }
  readonly reportData: readonly {
    readonly nonce: string | null
    readonly statement: string
    readonly reportData: string
  }[]
  readonly session: {
    readonly evidenceText: string
    readonly contentType: string
    readonly canonical: string
    readonly sessionId: string
  }
  readonly receipt: {
    readonly canonical: string
    readonly sha256: string
    readonly signature: string
    readonly served: string
  }
  readonly bodies: readonly { readonly body: string; readonly bodyHash: string }[]
}

const parse = (text: string): Json => JSON.parse(text) as Json

test('the keyset has its canonical form and its digest', () => {
  const { canonical, digest } = vectors.keyset
  expect(canonicalJson(parse(canonical))).toBe(canonical)
  expect(jcsDigest(parse(canonical))).toBe(digest)
})

test('the report data are the hash of the statement, with a nonce and without', () => {
  expect(vectors.reportData).toHaveLength(2)
  for (const { nonce, statement, reportData } of vectors.reportData) {
    expect(sha256Hex(statement)).toBe(reportData)
    expect(aciReportData(vectors.keyset.digest, nonce ?? undefined)).toBe(reportData)
  }
})

test('a session is named by its content, and keeps its evidence as it was', () => {
  const { canonical, sessionId, evidenceText, contentType } = vectors.session
  const session = JSON.parse(canonical) as AciSession
  expect(sessionIdOf(session)).toBe(sessionId)
  expect(sessionEvidence(Buffer.from(evidenceText), contentType)).toEqual(session.evidence)
})

test('a receipt is signed over its canonical form without its signature', () => {
  const { seed, publicKey } = vectors.receiptKey
  const { canonical, signature, served, sha256 } = vectors.receipt
  const key = ed25519Key(Buffer.from(seed, 'hex'))
  expect(key.publicKey).toBe(publicKey)
  expect(sha256Hex(canonical)).toBe(sha256)
  expect(key.sign(canonical)).toBe(signature)
  const { signature: told, ...unsigned } = JSON.parse(served) as Record<string, Json>
  expect(told).toBe(signature)
  expect(canonicalJson(unsigned)).toBe(canonical)
})

test('bodies are hashed as they are', () => {
  expect(vectors.bodies).toHaveLength(2)
  for (const { body, bodyHash } of vectors.bodies)
    expect(`sha256:${sha256Hex(body)}`).toBe(bodyHash)
})
