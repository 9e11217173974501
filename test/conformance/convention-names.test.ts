/*
 * Signature and ACI receipt by the names of an answer: at the other replica the same bytes, to another account nothing, and
 * after their time gone, as the receipt itself (receipt-names.test.ts).
 */
import { afterAll, expect, test } from 'vitest'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { unixSecondsOf } from '../../src/domain/units.ts'
import { type Answer, ask } from '../support/ask.ts'
import { type Door, openReplicaPair } from '../support/replica-pair.ts'
import { answerStatus, completion } from '../support/scripted-upstream.ts'

const pair = await openReplicaPair()
const [here, there] = pair.gateways
afterAll(pair.close)

const routes = ['/v1/signature/', '/v1/aci/receipts/'] as const

async function look(route: string, name: string, { origin, apiKey }: Door) {
  const headers = { authorization: `Bearer ${apiKey}` }
  const response = await fetch(`${origin}${route}${encodeURIComponent(name)}`, { headers })
  const text = await response.text()
  const { error } = JSON.parse(text) as { error?: { code: string; type: string } }
  return { status: response.status, text, code: error?.code, type: error?.type }
}

const named = (id: string) => answerStatus(200, JSON.stringify({ ...completion('Hello'), id }))
const receiptIdOf = ({ headers }: Answer) => headers.get('x-receipt-id') ?? ''
const namesOf = (answer: Answer, id: string) => [
  receiptIdOf(answer),
  answer.headers.get('x-request-id') ?? '',
  id,
]

test.each(routes)('%s tells the same by each name, at each replica', async (route) => {
  pair.upstream.become(named(`chatcmpl-of${route.length}`))
  const answer = await ask(here)
  const told = new Set<string>()
  for (const name of namesOf(answer, `chatcmpl-of${route.length}`)) {
    for (const door of pair.gateways) {
      const { status, text } = await look(route, name, door)
      expect(status).toBe(200)
      told.add(text)
    }
  }
  expect(told.size).toBe(1)
})

test('one file has the receipt, the signature and the ACI receipt, where that is asked for', async () => {
  pair.upstream.become(named('chatcmpl-all'))
  const id = receiptIdOf(await ask(here))
  const [signature, aci] = await Promise.all(routes.map((route) => look(route, id, there)))
  const alone = await look('/v1/receipts/', id, there)
  const headers = { authorization: `Bearer ${there.apiKey}` }
  const include = (names: string) =>
    fetch(`${there.origin}/v1/receipts/${id}?include=${names}`, { headers })
  const text = await (await include('legacy,aci')).text()
  expect(text).toBe(`${alone.text.slice(0, -1)},"legacy":${signature?.text},"aci":${aci?.text}}`)
  const parsed = parseReceiptDocument(Buffer.from(text))
  expect(parsed.ok && parsed.value.receipt.receiptId).toBe(id)
  expect((await include('legacy,everything')).status).toBe(400)
})

test.each(routes)('%s tells another account nothing', async (route) => {
  pair.upstream.become(named('chatcmpl-guessed'))
  const [id = '', ...guessed] = namesOf(await ask(here), 'chatcmpl-guessed')
  expect(await look(route, id, pair.other)).toMatchObject({ status: 403, code: 'receipt_foreign' })
  for (const name of guessed) {
    const told = await look(route, name, pair.other)
    expect(told).toMatchObject({ status: 404, code: 'receipt_not_found' })
  }
})

test('what is kept no more is gone by every name, also for whoever has 0G’s header', async () => {
  pair.upstream.become(named('chatcmpl-old'))
  const answer = await ask(here)
  const before = unixSecondsOf(Date.now() + 1_000)
  expect(await pair.ledgers[1].expireReceipts({ before, limit: 10_000 })).toBeGreaterThan(0)
  for (const route of routes) {
    for (const name of namesOf(answer, 'chatcmpl-old')) {
      const told = await look(route, name, there)
      expect(told).toMatchObject({ status: 410, code: 'receipt_expired' })
      if (route === '/v1/aci/receipts/') expect(told.type).toBe('not_found')
    }
  }
  const proxied = await fetch(`${there.origin}/v1/proxy/signature/${receiptIdOf(answer)}`)
  expect(proxied.status).toBe(410)
})
