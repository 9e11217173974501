/*
 * Numbers in, numbers out: what a provable model is asked by callers, and what its contributor gets and signs.
 */
import { createHash } from 'node:crypto'
import { afterAll, expect, test } from 'vitest'
import { encodeTensor } from '../../src/base/wire-tensor.ts'
import { keccak256 } from '../../src/chain/keccak.ts'
import { askPath } from '../support/ask.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { answerTensors, tinyAnswer, tinyOffer } from '../support/tensor-upstream.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const signer = signingUpstream()
const { upstream, gateway, newEntries, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    { id: 'signs', baseUrl, identity: signer.identity, offer: tinyOffer },
    { id: 'chats', baseUrl },
  ],
}))
afterAll(close)

const path = '/v1/inference/tiny'
const askTiny = (fields: Readonly<Record<string, unknown>>) => askPath(gateway, path, fields)
const input = [1, -2, 6.25]
const integers = [16, -32, 100]

test('numbers go out as the bytes that a contract decodes, and come back as numbers', async () => {
  upstream.become(answerTensors(signer))
  const answer = await askTiny({ input })
  expect(answer.status).toBe(200)
  const output = [...tinyAnswer(integers)]
  expect(JSON.parse(answer.text)).toMatchObject({
    object: 'vouch.inference',
    model: 'tiny',
    output: output.map((value) => value / 16),
    integers: { input: integers, output },
    usage: { unit: 'value', prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  })
  const [request] = upstream.requests
  expect(request?.path).toBe('/v1/inference/tiny')
  expect(request?.headers['content-type']).toBe('application/octet-stream')
  const wire = Buffer.from(encodeTensor(Int32Array.from(integers)))
  expect(request?.body).toEqual(wire)
  const [{ receipt } = expect.fail('no receipt')] = (await newEntries()).receipts
  const sent = Buffer.from(encodeTensor(Int32Array.from(output)))
  const sha256 = (bytes: string | Buffer) => `0x${createHash('sha256').update(bytes).digest('hex')}`
  expect(receipt).toMatchObject({
    tiers: 3,
    work: {
      inputHash: sha256(wire),
      outputHash: sha256(sent),
      contentHash: keccak256(sent),
      promptTokens: 3,
      completionTokens: 2,
    },
    responseHash: sha256(answer.text),
  })
  // What is parsed and written again is what was hashed.
  expect(JSON.stringify(JSON.parse(answer.text))).toBe(answer.text)
})

test.each([
  ['nested', { input: [input] }],
  ['as integers', { input_integers: integers }],
  ['by its name', { input: { x: input } }],
  ['with the model of the path', { input, model: 'tiny' }],
])('the same input %s has the same bytes', async (_how, fields) => {
  upstream.become(answerTensors(signer))
  expect((await askTiny(fields)).status).toBe(200)
  expect(upstream.requests[0]?.body).toEqual(Buffer.from(encodeTensor(Int32Array.from(integers))))
})

test.each([
  ['halves upwards', [0.03125, -0.03125, -0.09375], [1, 0, -1]],
  ['the least and the greatest', [-100, 100, 0], [-1600, 1600, 0]],
])('numbers become the nearest integers: %s', async (_what, numbers, expected) => {
  upstream.become(answerTensors(signer))
  const answer = await askTiny({ input: numbers })
  expect(JSON.parse(answer.text).integers.input).toEqual(expected)
})

test.each([
  ['no input', {}, 'missing_required_parameter', 'input'],
  ['too few', { input: [1, 2] }, 'invalid_type', 'input'],
  ['another shape', { input: [[1], [2], [3]] }, 'invalid_type', 'input'],
  ['texts', { input: ['1', '2', '3'] }, 'invalid_type', 'input'],
  ['beyond the range', { input: [0, 0, 100.1] }, 'invalid_value', 'input[2]'],
  ['halves of integers', { input_integers: [1, 2, 3.5] }, 'invalid_value', 'input_integers[2]'],
  ['integers beyond', { input_integers: [1, -1601, 3] }, 'invalid_value', 'input_integers[1]'],
  ['both', { input, input_integers: integers }, 'invalid_value', 'input'],
  ['another model', { input, model: 'm' }, 'invalid_value', 'model'],
  ['a stream', { input, stream: true }, 'unsupported_parameter', 'stream'],
  ['what nobody takes', { input, temperature: 1 }, 'unsupported_parameter', 'temperature'],
])('%s is refused before anybody is asked', async (_what, fields, code, param) => {
  upstream.become(answerTensors(signer))
  const answer = await askTiny(fields)
  expect(answer).toMatchObject({ status: 400, error: { code, param } })
  expect(upstream.requests).toHaveLength(0)
})

test('a model that is no provable one, and one that is not there', async () => {
  expect(await askPath(gateway, '/v1/inference/m', { input })).toMatchObject({
    status: 404,
    error: { code: 'endpoint_not_offered' },
  })
  expect(await askPath(gateway, '/v1/inference/none', { input })).toMatchObject({
    status: 404,
    error: { code: 'model_not_found' },
  })
  expect(
    await askPath(gateway, '/v1/chat/completions', { model: 'tiny', messages: [] }),
  ).toMatchObject({ error: { type: 'invalid_request_error' } })
})

test.each([
  ['more values than the model answers', () => new Int32Array(3)],
  ['fewer', () => new Int32Array(1)],
])('an answer of %s is none', async (_what, lie) => {
  upstream.become(answerTensors(signer, lie))
  expect((await askTiny({ input })).error).toMatchObject({ code: 'upstream_bad_response' })
  gateway.pool.readmit('signs')
})

test('a Work of other values than came is no proof, and nothing is charged', async () => {
  await newEntries()
  upstream.become(answerTensors(signer, undefined, { contentHash: keccak256(Buffer.alloc(32)) }))
  expect((await askTiny({ input })).error).toMatchObject({ code: 'attestation_failed' })
  gateway.pool.readmit('signs')
  expect((await newEntries()).chargedAmount).toBe(0n)
})

test('a Work that says more values than there are is not paid beyond them', async () => {
  await newEntries()
  upstream.become(answerTensors(signer, undefined, { promptTokens: 900, completionTokens: 900 }))
  const answer = await askTiny({ input })
  expect(JSON.parse(answer.text).usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2 })
})
