/*
 * Reports of an upstream that attests to itself, asked for over real connections. The quote in them is one that a real processor
 * made, for somebody else: that is what the judge finds out.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import { sha256Hex } from '../../../src/base/sha256.ts'
import { sessionIdOf } from '../../../src/evidence/aci-session.ts'
import { reportValidS } from '../../../src/evidence/limits.ts'
import { judgeQuote, verifyQuote } from '../../../src/evidence/tee-quote.ts'
import {
  attestationsIn,
  type JudgeUpstreamQuote,
  UpstreamSessions,
} from '../../../src/evidence/upstream-sessions.ts'
import { askReport } from '../../../src/upstream/ask-report.ts'
import { UpstreamPools } from '../../../src/upstream/upstream-pools.ts'

const quote = readFileSync('test/fixtures/dcap/tdx-quote.bin')
const collateral: unknown = JSON.parse(
  readFileSync('test/fixtures/dcap/tdx-quote-collateral.json', 'utf8'),
)
const signingAddress = `0x${'ab'.repeat(20)}`
const report = {
  signing_address: signingAddress.toUpperCase().replace('0X', '0x'),
  intel_quote: quote.toString('hex'),
}
const atMs = Date.parse('2025-06-25T00:00:00Z')

let server: Server
let baseUrl: string
let answer: { status: number; body: string } = { status: 200, body: '' }
let asked: string[] = []
const pools = new UpstreamPools({
  connectMs: 1_000,
  firstByteMs: 1_000,
  wholeAnswerMs: 1_000,
  idleMs: 1_000,
})

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(async () => {
  await pools.close()
  await new Promise((resolve) => server.close(resolve))
})

function sessionsOf(judge: JudgeUpstreamQuote | undefined, nowMs = () => atMs) {
  return new UpstreamSessions({
    upstreams: () => [{ upstreamName: 'attested', origin: new URL(baseUrl).origin }],
    ask: (_, nonce) =>
      askReport(
        pools,
        { baseUrl, authorization: undefined },
        { model: 'a/b', nonce, algo: 'ecdsa' },
      ),
    judge,
    nowMs,
  })
}

const genuine: JudgeUpstreamQuote = async (given, reportData) => {
  const facts = await verifyQuote(given, collateral, atMs / 1000)
  if (!facts.ok) return facts
  const { mrtd = '' } = facts.value.measurements
  return judgeQuote(facts.value, { allowed: [{ mrtd }], tcbStatuses: ['UpToDate'] }, reportData)
}

describe('what an upstream says of itself', () => {
  test('is asked for with a nonce, and named by its hash: asserted, where nobody judges', async () => {
    answer = { status: 200, body: JSON.stringify(report) }
    asked = []
    const sessions = sessionsOf(undefined)
    expect(sessions.reportOf('attested')).toBeUndefined()
    await sessions.renew()
    const said = sessions.reportOf('attested')
    expect(asked).toEqual([
      `/v1/attestation/report?model=a%2Fb&nonce=${said?.nonce}&signing_algo=ecdsa`,
    ])
    expect(said).toEqual({
      origin: new URL(baseUrl).origin,
      nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
      reportHash: `0x${sha256Hex(Buffer.from(answer.body))}`,
      signingAddress,
      askedAt: atMs / 1000,
      verification: 'asserted',
    })
    const [session] = await sessions.current()
    expect(session?.claims.tee_attested).toMatchObject({
      status: 'asserted',
      source: 'provider_asserted',
    })
    expect(session && (await sessions.session(sessionIdOf(session)))).toBe(session)
    expect(session?.evidence.digest).toBe(`sha256:${said?.reportHash.slice(2)}`)
  })

  test('is no more than asserted where it names no signing address, whatever the quote', async () => {
    answer = { status: 200, body: JSON.stringify({ intel_quote: report.intel_quote }) }
    const good = { teeType: 'tdx', reportData: '', measurements: {}, advisoryIds: [] } as const
    const sessions = sessionsOf(async () => ok({ ...good, tcbStatus: 'UpToDate' }))
    await sessions.renew()
    expect(sessions.reportOf('attested')).toMatchObject({
      signingAddress: '',
      verification: 'asserted',
    })
  })

  test('is refuted by a genuine quote that was made for somebody else', async () => {
    answer = { status: 200, body: JSON.stringify({ model_attestations: [report] }) }
    const sessions = sessionsOf(genuine)
    await sessions.renew()
    expect(sessions.reportOf('attested')?.verification).toBe('refuted')
    const [session] = await sessions.current()
    expect(session?.claims.tee_attested).toMatchObject({
      status: 'refuted',
      source: 'verifier_derived',
      reason: 'the quote was not made for this',
    })
  })

  test('is proven by a quote over its signing address and our nonce, and says nothing of GPUs', async () => {
    const wanted: string[] = []
    const facts = await verifyQuote(quote, collateral, atMs / 1000)
    if (!facts.ok) throw new Error('the quote is genuine')
    const sessions = sessionsOf(async (_, reportData) => {
      wanted.push(Buffer.from(reportData).toString('hex'))
      return ok(facts.value)
    })
    await sessions.renew()
    const said = sessions.reportOf('attested')
    expect(wanted).toEqual([`${signingAddress.slice(2)}${'00'.repeat(12)}${said?.nonce}`])
    expect(said?.verification).toBe('quote-verified')
    const [session] = await sessions.current()
    expect(session?.claims).toMatchObject({
      tee_attested: { status: 'asserted', source: 'hardware_proven' },
      gpu_attested: { status: 'unknown' },
    })
  })

  test.each([
    ['an error', { status: 500, body: JSON.stringify(report) }],
    ['no JSON', { status: 200, body: 'report' }],
    ['a list', { status: 200, body: '[]' }],
  ])(
    'is nothing where it answers with %s; what it said before counts until it is old',
    async (_, given) => {
      let now = atMs
      const sessions = sessionsOf(undefined, () => now)
      answer = { status: 200, body: JSON.stringify(report) }
      await sessions.renew()
      const before = sessions.reportOf('attested')
      expect(before).toBeDefined()
      answer = given
      await sessions.renew()
      expect(sessions.reportOf('attested')).toBe(before)
      now += reportValidS * 1000
      expect(sessions.reportOf('attested')).toBeUndefined()
      expect(await sessions.current()).toEqual([])
    },
  )
})

test('attestations are handed on as they are: the list, or the report that is one', () => {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
  expect(attestationsIn(bytes({ model_attestations: [1, 2] }))).toEqual([1, 2])
  expect(attestationsIn(bytes(report))).toEqual([report])
  expect(attestationsIn(bytes({ attestation_type: 'none', model_attestations: [] }))).toEqual([])
  expect(attestationsIn(Buffer.from('no JSON'))).toEqual([])
})
