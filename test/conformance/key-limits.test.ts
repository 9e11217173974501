/*
 * What a key is granted for: certain models, and so much in all. Both are the key's own limits inside its channel's.
 */
import { afterAll, expect, test } from 'vitest'
import { atomic } from '../../src/domain/units.ts'
import { addApiKey } from '../support/api-keys.ts'
import { ask } from '../support/ask.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'one', baseUrl },
    { id: 'two', baseUrl, offer: { modelName: 'other' } },
  ],
}))
afterAll(close)

test('a key for one model is refused another, sees them all, and learns nothing of what is not there', async () => {
  const key = await addApiKey(gateway, { modelScope: ['m'] })
  const scoped = { ...gateway, apiKey: key.secret }
  expect(await ask(scoped, { model: 'm' })).toMatchObject({ status: 200 })
  expect(await ask(scoped, { model: 'other' })).toMatchObject({
    status: 403,
    error: { code: 'model_not_allowed', type: 'invalid_request_error', param: 'model' },
  })
  expect(await ask(scoped, { model: 'absent' })).toMatchObject({ status: 404 })
  const list = await fetch(`${gateway.origin}/v1/models`, {
    headers: { authorization: `Bearer ${key.secret}` },
  })
  const { data } = (await list.json()) as { data: readonly { id: string }[] }
  expect(data.map(({ id }) => id)).toEqual(expect.arrayContaining(['m', 'other']))
  const { receipts, log } = await newEntries()
  expect(receipts).toHaveLength(1)
  expect(log.map(({ reason, modelName }) => [reason, modelName])).toEqual([
    [undefined, 'm'],
    ['model_not_allowed', 'other'],
    ['model_not_found', undefined],
  ])
})

test('a key spends up to its cap and not an atom more, whatever its channel has', async () => {
  // Each answer is held with 46 and costs 11.
  const key = await addApiKey(gateway, { spendCapAmount: atomic(100n) })
  const capped = { ...gateway, apiKey: key.secret }
  let served = 0
  for (;;) {
    const answer = await ask(capped, { max_tokens: 10 })
    if (answer.status !== 200) {
      expect(answer).toMatchObject({ status: 402, error: { code: 'key_cap_reached' } })
      break
    }
    served += 1
  }
  expect(served).toBe(5)
  expect((await newEntries()).chargedAmount).toBe(55n)
  expect((await ask(gateway, { max_tokens: 10 })).status).toBe(200)
})
