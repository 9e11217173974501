import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GatewayAudits } from '../../../src/auditor/gateway-audits.ts'
import { documentOf, request, response, signReceipt } from '../../support/signed-receipt.ts'

let server: Server
let audits: GatewayAudits
/** What is answered next. */
let next: { readonly status: number; readonly body: string }
let asked: { readonly url: string | undefined; readonly authorization: string | undefined }

beforeAll(async () => {
  server = createServer(({ url, headers }, answer) => {
    asked = { url, authorization: headers.authorization }
    answer.writeHead(next.status)
    answer.end(next.body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  audits = new GatewayAudits(`http://127.0.0.1:${port}`, () => 'Vouch signed')
})
afterAll(() => new Promise((closed) => server.close(closed)))

const answering = (value: unknown, status = 200): void => {
  next = { status, body: typeof value === 'string' ? value : JSON.stringify(value) }
}

const word = `0x${'77'.repeat(32)}`
const opened = {
  index: 3,
  gatewaySeq: 41,
  digest: word,
  opened: true,
  receipt: documentOf(signReceipt()),
  requestBody: request.toString('base64'),
  responseBody: response.toString('base64'),
  commitmentOpening: null,
}

test('reads samples, opened and not, behind an index, and shows who asks', async () => {
  const unopened = { index: 4, gatewaySeq: 42, digest: word, opened: false, reason: 'no_consent' }
  answering({
    object: 'vouch.audit_samples',
    batch: {},
    samples: [opened, unopened],
    hasMore: true,
  })
  const page = await audits.samples(7, 2)
  expect(asked).toEqual({
    url: '/v1/audits/batches/7/samples?after=2',
    authorization: 'Vouch signed',
  })
  expect(page).toMatchObject({
    ok: true,
    value: { hasMore: true, samples: [{ index: 3 }, unopened] },
  })
  const [sample] = page.ok ? page.value.samples : []
  expect(sample?.opened && sample.requestBody.equals(request)).toBe(true)
})

test.each([
  ['a body that is no base64', { ...opened, requestBody: 'a-b' }],
  ['a receipt that is none', { ...opened, receipt: {} }],
  ['a reason that nobody knows', { ...opened, opened: false, reason: 'tired' }],
  ['an index that is none', { ...opened, index: -1 }],
])('refuses %s', async (_, sample) => {
  answering({ samples: [sample], hasMore: false })
  const page = await audits.samples(0, undefined)
  expect(asked.url).toBe('/v1/audits/batches/0/samples')
  expect(page.ok).toBe(false)
  expect(page.ok ? '' : page.error.detail).toContain('samples[0]')
})

test('says what a gateway refuses, in its words, and what is no answer', async () => {
  answering({ error: { message: 'Not yet.', code: 'audit_not_drawn' } }, 409)
  expect(await audits.samples(0, undefined)).toEqual({
    ok: false,
    error: {
      code: 'audit_not_drawn',
      detail: '/v1/audits/batches/0/samples: 409 audit_not_drawn Not yet.',
    },
  })
  for (const body of ['', '{', '[]', '{"samples":[],"samples":[],"hasMore":false}']) {
    answering(body)
    expect((await audits.samples(0, undefined)).ok).toBe(false)
  }
  const nobody = new GatewayAudits('http://127.0.0.1:1', () => '')
  expect(await nobody.terms()).toMatchObject({ ok: false })
})
