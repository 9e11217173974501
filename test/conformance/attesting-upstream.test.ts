/*
 * An upstream that attests to itself, behind a real gateway: its report is named by the receipts of its answers, served as a
 * session, and handed on to a client that asks with its own nonce.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { checkEvidenceHash } from '../../src/client/check-evidence-hash.ts'
import { readReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { attestationsIn, UpstreamSessions } from '../../src/evidence/upstream-sessions.ts'
import { askReport } from '../../src/upstream/ask-report.ts'
import { UpstreamPools } from '../../src/upstream/upstream-pools.ts'
import { ask } from '../support/ask.ts'
import { startGatewayOnLedger, type TestGateway } from '../support/gateway-on-ledger.ts'
import { completion } from '../support/scripted-upstream.ts'

const signingAddress = `0x${'cd'.repeat(20)}`
const reportTo = (nonce: string | null): string =>
  JSON.stringify({ signing_address: signingAddress, request_nonce: nonce, intel_quote: '00' })

let server: Server
let gateway: TestGateway
let sessions: UpstreamSessions
const pools = new UpstreamPools({
  connectMs: 1_000,
  firstByteMs: 1_000,
  wholeAnswerMs: 1_000,
  idleMs: 1_000,
})

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://upstream')
    const isReport = pathname === '/v1/attestation/report'
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(isReport ? reportTo(searchParams.get('nonce')) : JSON.stringify(completion('Hi')))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const place = { baseUrl, authorization: undefined }
  sessions = new UpstreamSessions({
    upstreams: () => [{ upstreamName: 'attested', origin: 'https://attested.example' }],
    ask: (_, nonce) => askReport(pools, place, { model: 'm', nonce, algo: 'ecdsa' }),
    judge: undefined,
    nowMs: Date.now,
  })
  gateway = await startGatewayOnLedger({
    upstreams: [{ id: 'attested', baseUrl }],
    attested: {
      reports: sessions,
      evidence: {
        sessions,
        modelReports: async ({ modelName, nonce, algo }) =>
          attestationsIn(
            (await askReport(pools, place, { model: modelName, nonce, algo })) ?? Buffer.from('{}'),
          ),
      },
    },
  })
})
afterAll(async () => {
  await gateway.stop()
  await pools.close()
  await new Promise((resolve) => server.close(resolve))
})

const json = async (path: string): Promise<unknown> => (await fetch(gateway.origin + path)).json()

test('the receipt names what the upstream said, and claims no tier for it', async () => {
  expect((await ask(gateway)).status).toBe(200)
  await sessions.renew()
  expect((await ask(gateway)).status).toBe(200)
  const { receipts } = await gateway.books()
  const [before, after] = receipts.slice(-2)
  expect(before).not.toHaveProperty('evidence')
  const report = sessions.reportOf('attested')
  expect(after?.evidence).toEqual({ upstreamReport: report })
  expect(after?.receipt.tiers).toBe(1)
  expect(report).toMatchObject({
    signingAddress,
    verification: 'asserted',
    reportHash: `0x${sha256Hex(Buffer.from(reportTo(report?.nonce ?? '')))}`,
  })
  const parsed = readReceiptDocument(after)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  expect(checkEvidenceHash(parsed.value).map(({ verdict }) => verdict)).toEqual(['holds'])
})

test('its report is a session of the gateway, with the bytes whose hash the receipt has', async () => {
  await sessions.renew()
  const list = (await json('/v1/aci/sessions')) as { sessions: [{ session_id: string }] }
  const id = list.sessions[0].session_id
  const session = (await json(`/v1/aci/sessions/${id}`)) as {
    evidence: { digest: string; data: string }
  }
  const { reportHash, nonce } = sessions.reportOf('attested') ?? {}
  expect(session.evidence.digest).toBe(`sha256:${reportHash?.slice(2)}`)
  const [, data] = session.evidence.data.split('base64,')
  expect(Buffer.from(data ?? '', 'base64').toString()).toBe(reportTo(nonce ?? ''))
})

test("a client's own nonce reaches the upstream, whose words come back as they are", async () => {
  const nonce = 'ef'.repeat(32)
  expect(await json(`/v1/attestation/report?model=m&nonce=${nonce}`)).toMatchObject({
    attestation_type: 'none',
    request_nonce: nonce,
    model_attestations: [JSON.parse(reportTo(nonce))],
  })
  const without = await json(`/v1/attestation/report?nonce=${nonce}`)
  expect(without).toMatchObject({ model_attestations: [] })
})
