/* What a gateway may do to an auditor's own request, and that its contributor does not answer for it. */
import { afterAll, describe, expect, test } from 'vitest'
import { askCanary } from '../../../src/auditor/ask-canary.ts'
import {
  answersWith,
  givesReceipt,
  sha256Of,
  startHostileGateway,
} from '../../support/hostile-gateway.ts'
import { type ReceiptChanges, response, signReceipt } from '../../support/signed-receipt.ts'

const gateway = await startHostileGateway()
afterAll(() => gateway.close())

const request = { messages: [{ role: 'user', content: 'What is a voucher?' }] } as const
const model = 'vouch-mini'
const requestHash = sha256Of(JSON.stringify({ model, ...request }))
const other = sha256Of('other')

const ask = ({ receipt, work }: ReceiptChanges = {}, body = response.toString()) => {
  const responseHash = sha256Of(body)
  gateway.answer = answersWith([body])
  gateway.giveReceipt = givesReceipt(
    signReceipt({
      receipt: { requestHash, responseHash, ...receipt },
      work: { inputHash: requestHash, outputHash: responseHash, ...work },
    }),
  )
  const origin = gateway.api.replace(/\/v1$/, '')
  return askCanary({ origin, apiKey: 'sk-test', model }, request)
}

test('bytes that the contributor signed for are judged', async () => {
  const asked = await ask()
  expect(asked.ok && asked.value.answer.responseBody.equals(response)).toBe(true)
})

test.each<readonly [ReceiptChanges, string]>([
  [{ receipt: { requestHash: other } }, 'the receipt is of another request'],
  [{ receipt: { responseHash: other } }, 'the receipt is of another response'],
  [{ work: { inputHash: other } }, 'the gateway changed the request on its way'],
])('%j: %s', async (changes, why) => {
  expect(await ask(changes)).toEqual({ ok: false, error: why })
})

describe('of an answer in other bytes', () => {
  const refused = { ok: false, error: 'the gateway changed the answer on its way' }
  const inOtherBytes = { work: { outputHash: other } }

  test('the text that the contributor signed is judged', async () => {
    expect(await ask(inOtherBytes)).toMatchObject({ ok: true })
  })

  test('another text is not', async () => {
    expect(await ask(inOtherBytes, response.toString().replace('2 pl', '3 pl'))).toEqual(refused)
  })

  test('nor one that is said to have come to a bound that nobody set', async () => {
    const cut = response.toString().replace('"finish_reason":"stop"', '"finish_reason":"length"')
    expect(cut).not.toBe(response.toString())
    expect(await ask(inOtherBytes, cut)).toEqual(refused)
  })

  test('nor one with log-probabilities', async () => {
    const logprobs = '"logprobs":{"content":[{"token":"2","bytes":[50],"logprob":-9}]}'
    const told = response.toString().replace('"index":0', `"index":0,${logprobs}`)
    expect(told).not.toBe(response.toString())
    expect(await ask(inOtherBytes, told)).toEqual(refused)
  })
})
