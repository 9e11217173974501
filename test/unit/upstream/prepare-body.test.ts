import { describe, expect, test } from 'vitest'
import { prepareBody } from '../../../src/upstream/prepare-body.ts'
import { inferenceRequest, offerOf } from '../../support/requests.ts'

const prepare = (
  fields: Record<string, unknown>,
  terms: { signs?: boolean; upstreamModelName?: string } = {},
) => {
  const request = inferenceRequest(fields)
  const offer = offerOf({ upstreamModelName: terms.upstreamModelName ?? 'm' })
  const body = prepareBody(request, offer, {
    signs: terms.signs ?? false,
    completionTokensMax: 77,
  })
  return { same: body === request.body, json: JSON.parse(body.toString()) }
}

describe('prepareBody', () => {
  test("a contributor that signs gets the client's own bytes", () => {
    for (const fields of [{}, { stream: true }, { max_tokens: null }]) {
      expect(prepare(fields, { signs: true }).same).toBe(true)
    }
  })

  test('what is for the gateway alone reaches nobody, and all else is as the client sent it', () => {
    const fields = { max_tokens: 5, temperature: 0.5, routing: { only: ['a'] } }
    const request = inferenceRequest(fields)
    const terms = { signs: true, completionTokensMax: 77 }
    const body = prepareBody(request, offerOf(), terms)
    expect(body.toString()).toBe(request.body.toString().replace(/,"routing":.*$/, '}'))
    const mapped = prepareBody(request, offerOf({ upstreamModelName: 'org/m' }), terms)
    expect(JSON.parse(mapped.toString())).not.toHaveProperty('routing')
  })

  test('any other does too, where nothing is missing', () => {
    const usage = { stream: true, stream_options: { include_usage: true } }
    for (const fields of [{ max_tokens: 5 }, { max_completion_tokens: 5, ...usage }]) {
      expect(prepare(fields).same).toBe(true)
    }
  })

  test('a missing bound is filled in with what is held', () => {
    expect(prepare({}).json['max_tokens']).toBe(77)
    expect(prepare({ max_tokens: null }).json['max_tokens']).toBe(77)
    expect(prepare({ max_completion_tokens: 5 }).json).not.toHaveProperty('max_tokens')
  })

  test('usage is asked for on every stream, and other options stay', () => {
    const options = { include_obfuscation: false }
    const { json } = prepare({ max_tokens: 5, stream: true, stream_options: options })
    expect(json['stream_options']).toEqual({ include_obfuscation: false, include_usage: true })
    expect(
      prepare({ max_tokens: 5, stream: true, stream_options: null }).json['stream_options'],
    ).toEqual({
      include_usage: true,
    })
    expect(prepare({ max_tokens: 5 }).json).not.toHaveProperty('stream_options')
  })

  test("the model's name is mapped to the engine's, for signers too", () => {
    for (const signs of [true, false]) {
      const { json } = prepare({ max_tokens: 5 }, { signs, upstreamModelName: 'org/m' })
      expect(json).toEqual({
        model: 'org/m',
        messages: [{ role: 'user', content: 'x' }],
        max_tokens: 5,
      })
    }
  })

  test('fields that nobody knows are kept, whatever they are called', () => {
    const fields = JSON.parse('{"__proto__":{"a":1},"constructor":2,"made_up":[null]}')
    expect(Object.entries(prepare(fields).json)).toEqual(
      expect.arrayContaining(Object.entries(fields)),
    )
  })

  test('what JavaScript cannot hold is forwarded as it was spelled', () => {
    const options = '"stream":true,"stream_options":{"made_up":1e400}'
    const sent = `{"model":"m","messages":[],"seed":9007199254740993,${options}}`
    const request = { ...inferenceRequest({ stream: true }), forwardedBody: Buffer.from(sent) }
    const terms = { signs: false, completionTokensMax: 77 }
    const body = prepareBody(request, offerOf({ upstreamModelName: 'org/m' }), terms)
    expect(body.toString()).toBe(
      '{"messages":[],"seed":9007199254740993,"stream":true,"model":"org/m","max_tokens":77,' +
        '"stream_options":{"made_up":1e400,"include_usage":true}}',
    )
  })
})
