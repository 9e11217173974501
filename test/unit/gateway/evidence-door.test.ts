import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import type { AciSession } from '../../../src/evidence/aci-session.ts'
import { teeQuotesAtOnceMax } from '../../../src/evidence/limits.ts'
import { createEvidenceDoor, type EvidenceSources } from '../../../src/gateway/evidence-door.ts'
import type { Gateway } from '../../../src/gateway/gateway.ts'
import { aGateway, aPrivateKey } from '../../support/evidence.ts'

const { operator, chainId, receiptVerifier: verifyingContract } = aGateway

const doorWith = (sources: EvidenceSources, nowMs = () => 1_800_000_000_000) =>
  createEvidenceDoor(
    {
      payment: {} as Gateway['payment'],
      signer: {
        operator,
        chainId,
        verifyingContract,
        privateKey: aPrivateKey,
        domain: receiptDomain({ chainId, verifyingContract }),
      },
      nowMs,
    },
    sources,
  )

test('the hardware is asked for so many quotes at once and no more', async () => {
  const asked: (() => void)[] = []
  const door = doorWith({
    tee: {
      teeType: 'tdx',
      tlsSpkiSha256: undefined,
      quote: (reportData) =>
        new Promise((resolve) => asked.push(() => resolve({ quote: reportData }))),
    },
  })
  const running = Array.from({ length: teeQuotesAtOnceMax }, () => door.aciAttestation(undefined))
  const overloaded = { ok: false, error: { reason: 'overloaded' } }
  const report = {
    ...({ algo: 'ecdsa', nonce: '00'.repeat(32), includeTlsFingerprint: false } as const),
    signingAddress: undefined,
  }
  expect(await door.report(report)).toEqual(overloaded)
  expect(await door.aciAttestation(undefined)).toEqual(overloaded)
  for (const answer of asked) answer()
  expect((await Promise.all(running)).every(({ ok }) => ok)).toBe(true)
  const afterwards = door.report(report)
  asked.at(-1)?.()
  expect((await afterwards).ok).toBe(true)
})

test('the headers follow the keyset, and are made once while it stays', () => {
  const dayMs = 86_400_000
  let nowMs = 0
  const door = doorWith({}, () => nowMs)
  const first = door.aciHeaders()
  nowMs = 30 * dayMs - 1
  expect(door.aciHeaders()).toBe(first)
  nowMs = 30 * dayMs
  expect(door.aciHeaders()['x-aci-keyset-digest']).not.toBe(first['x-aci-keyset-digest'])
  expect(door.aciHeaders()['x-aci-identity']).toBe(first['x-aci-identity'])
})

test('sessions are served whole by their id, and without their evidence in the list', async () => {
  const vectors = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../vectors/aci.json'), 'utf8'),
  ) as { readonly session: { readonly canonical: string; readonly sessionId: string } }
  const session = JSON.parse(vectors.session.canonical) as AciSession
  const { sessionId } = vectors.session
  const door = doorWith({
    sessions: {
      session: async (id) => (id === sessionId ? session : undefined),
      current: async () => [session],
    },
  })
  expect(await door.aciSession(sessionId)).toEqual({ ok: true, value: session })
  const { evidence, ...rest } = session
  const listed = { session_id: sessionId, ...rest, evidence: { digest: evidence.digest } }
  expect(await door.aciSessions(undefined)).toEqual({ api_version: 'aci/1', sessions: [listed] })
  expect(await door.aciSessions('demo-upstream')).toMatchObject({ sessions: [{}] })
  expect(await door.aciSessions('another')).toMatchObject({ sessions: [] })
})
