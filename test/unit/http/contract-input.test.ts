/* What the bytes of a contract ask for, by the model that it names; and what is refused before anybody is asked. */
import { describe, expect, test } from 'vitest'
import { encodeTensor } from '../../../src/base/wire-tensor.ts'
import type { Offer } from '../../../src/domain/contributor.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import { newRequestIds } from '../../../src/gateway/request-ids.ts'
import { readContractInput } from '../../../src/http/ccip/read-contract-input.ts'
import { offerOf } from '../../support/requests.ts'
import { tinyOffer } from '../../support/tensor-upstream.ts'

const modelId = bytes32(`0x${'1a'.repeat(32)}`)
const named = { ...newRequestIds(0), receivedAtMs: 0, path: '/ccip' }

const read = (input: Buffer, ...offers: readonly Partial<Offer>[]) =>
  readContractInput(
    { modelId, input, offers: offers.map((offer) => offerOf({ modelId, ...offer })) },
    named,
  )
const json = (fields: object): Buffer => Buffer.from(JSON.stringify({ model: 'm', ...fields }))
const chat = { messages: [{ role: 'user', content: 'hello' }] }
const m = { modelName: 'm', upstreamModelName: 'm' }

describe('JSON is asked at the endpoint of the member that it has', () => {
  test.each([
    ['chat/completions', chat, m],
    ['completions', { prompt: 'once' }, m],
    ['embeddings', { input: 'once' }, { ...m, endpoints: ['embeddings'] }],
    ['moderations', { input: 'once' }, { ...m, endpoints: ['moderations'] }],
  ] as const)('%s', async (endpoint, fields, offer) => {
    const input = json(fields)
    const request = await read(input, offer)
    expect(request).toMatchObject({
      ok: true,
      value: { endpoint, modelName: 'm', needsSignature: true, path: '/ccip', stream: false },
    })
    // The very bytes: a copy of them would be hashed anew.
    if (request.ok)
      expect([request.value.body, request.value.forwardedBody]).toEqual([input, input])
  })
})

test('a tensor is asked of the model that takes one', async () => {
  const input = Buffer.from(encodeTensor(Int32Array.from([16, -32, 100])))
  const request = await read(input, tinyOffer)
  expect(request).toMatchObject({
    ok: true,
    value: { endpoint: 'inference', modelName: 'tiny', needsSignature: true, promptTokensMin: 3 },
  })
  if (request.ok) expect(request.value.forwardedBody).toBe(input)
})

describe('refused is', () => {
  const tensor = (...values: readonly number[]) =>
    Buffer.from(encodeTensor(Int32Array.from(values)))
  const beyond = 2_000_000_000
  test.each([
    [
      'a model that nobody has',
      json(chat),
      { modelId: bytes32(`0x${'2b'.repeat(32)}`) },
      'model_not_found',
    ],
    ['a model by the name of another', json({ ...chat, model: 'other' }), m, 'invalid_value'],
    ['a stream', json({ ...chat, stream: true }), m, 'invalid_value'],
    ['more than one choice', json({ ...chat, n: 2 }), m, 'invalid_value'],
    ['several prompts', json({ prompt: ['a', 'b'] }), m, 'invalid_value'],
    [
      'a member that nobody is sent',
      json({ ...chat, attestation: { mode: 'signed' } }),
      m,
      'input_rewritten',
    ],
    ['a wish of who answers', json({ ...chat, routing: { only: ['a'] } }), m, 'input_rewritten'],
    ['no question', json({}), m, 'missing_required_parameter'],
    ['no JSON', Buffer.from('hello'), m, 'invalid_json'],
    ['a member twice', Buffer.from('{"model":"m","messages":[],"messages":[]}'), m, 'invalid_json'],
    ['JSON for a tensor', json(chat), tinyOffer, 'invalid_type'],
    ['too few values', tensor(1, 2), tinyOffer, 'invalid_type'],
    ['a value beyond the bounds', tensor(beyond, 0, 0), tinyOffer, 'invalid_value'],
    [
      'a tensor with a byte behind it',
      Buffer.concat([tensor(1, 2, 3), Buffer.of(0)]),
      tinyOffer,
      'invalid_type',
    ],
  ] as const)('%s', async (_name, input, offer, reason) => {
    expect(await read(input, offer)).toMatchObject({ ok: false, error: { reason } })
  })
})
