/*
 * Verdicts of auditors as a gateway serves them, over a real connection.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomPrivateKey } from '../../../src/chain/private-key.ts'
import { receiptDomain } from '../../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { checkAudit } from '../../../src/client/check-audit.ts'
import type { AuditVerdict } from '../../../src/domain/audit.ts'
import { bytes32, unixSeconds } from '../../../src/domain/units.ts'
import { finishedAt, place, signReceipt, work } from '../../support/signed-receipt.ts'
import { signedVerdict } from '../../support/verdicts.ts'

const receipt = signReceipt({ receipt: { tiers: 3 | 8 } })
const key = randomPrivateKey()
const auditor = addressOfPrivateKey(key)
const dayS = 86_400
const { gateway, contributor, modelId } = work
const said = (changes: Partial<AuditVerdict> = {}, by = key, domain = receiptDomain(place)) =>
  signedVerdict(
    by,
    { gateway, contributor, modelId, issuedAt: unixSeconds(finishedAt - dayS), ...changes },
    domain,
  )

let server: Server
let origin: string
let served: { status: number; body: unknown } = { status: 200, body: {} }
let asked = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.url ?? ''
    response.writeHead(served.status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(served.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

async function verdictOn(data: readonly unknown[], auditors = [auditor]) {
  served = { status: 200, body: { object: 'list', data } }
  const line = await checkAudit(receipt, { origin, authorization: undefined }, auditors)
  expect(line.check).toBe('audit')
  return line.verdict
}

describe('a verdict', () => {
  test('of a trusted auditor about this work holds', async () => {
    expect(await verdictOn([said()])).toBe('holds')
    expect(asked).toBe(`/v1/audits/verdicts?contributor=${contributor}&model=${modelId}`)
  })

  test('that is bad counts, also beside another auditor’s good one, until its auditor says otherwise', async () => {
    const other = randomPrivateKey()
    const bad = said({ passed: false }, other)
    expect(await verdictOn([said(), bad], [auditor, addressOfPrivateKey(other)])).toBe('fails')
    const later = said({ issuedAt: unixSeconds(finishedAt - 60) }, other)
    expect(await verdictOn([bad, later], [addressOfPrivateKey(other)])).toBe('holds')
  })

  const stranger = randomPrivateKey()
  test.each<[string, unknown]>([
    ['a stranger', said({}, stranger)],
    ['a stranger in the auditor’s name', { ...said({ auditor }, stranger) }],
    ['another gateway', said({ gateway: contributor })],
    ['another contributor', said({ contributor: gateway })],
    ['another model', said({ modelId: bytes32(`0x${'ee'.repeat(32)}`) })],
    ['another chain', said({}, key, receiptDomain({ ...place, chainId: 1 }))],
    ['after the answer', said({ issuedAt: unixSeconds(finishedAt + 1) })],
    ['long ago', said({ issuedAt: unixSeconds(finishedAt - 31 * dayS) })],
  ])('of %s says nothing', async (_, verdict) => {
    expect(await verdictOn([verdict])).toBe('unknown')
  })

  test('that was changed says nothing', async () => {
    const bad = said({ passed: false })
    expect(await verdictOn([{ ...bad, verdict: { ...bad.verdict, passed: true } }])).toBe('unknown')
  })
})

test('where nobody is trusted, asked, or answers well, nothing is known', async () => {
  served = { status: 200, body: { object: 'list', data: [said()] } }
  const at = { origin, authorization: undefined }
  expect((await checkAudit(receipt, at, [])).verdict).toBe('unknown')
  expect((await checkAudit(receipt, undefined, [auditor])).verdict).toBe('unknown')
  served = { status: 404, body: { error: { message: 'no', code: 'unknown_url' } } }
  expect((await checkAudit(receipt, at, [auditor])).verdict).toBe('unknown')
  served = { status: 200, body: { object: 'list', data: [{ verdict: {}, signature: '0x' }] } }
  expect((await checkAudit(receipt, at, [auditor])).verdict).toBe('unknown')
})
