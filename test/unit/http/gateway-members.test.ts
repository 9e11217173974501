import { describe, expect, test } from 'vitest'
import { parseChatBody } from '../../../src/http/openai-schema.ts'

const messages = [{ role: 'user', content: 'x' }]
const bodyOf = (fields: Record<string, unknown>) =>
  Buffer.from(JSON.stringify({ model: 'm', messages, ...fields }))
const parse = (fields: Record<string, unknown>, header?: string) =>
  parseChatBody(bodyOf(fields), header === undefined ? {} : { 'x-vouch-routing': header })

describe('what a request says to the gateway', () => {
  test('nothing said leaves the bytes alone', () => {
    const body = bodyOf({ seed: 1 })
    const parsed = parseChatBody(body)
    expect(parsed).toMatchObject({
      ok: true,
      value: { preferences: undefined, needsSignature: false },
    })
    expect(parsed.ok && parsed.value.forwardedBody === body).toBe(true)
  })

  test('a member of the body is read and not passed on; it is no part of the prompt', () => {
    const parsed = parse({ routing: { only: ['a'] }, attestation: { mode: 'signed' } })
    expect(parsed).toMatchObject({
      ok: true,
      value: { preferences: { only: ['a'] }, needsSignature: true, promptBytes: 1 },
    })
    expect(parsed.ok && parsed.value.forwardedBody).toEqual(bodyOf({}))
  })

  test('a header says the same and changes no byte', () => {
    const parsed = parse({}, '{"only":["a"]}')
    expect(parsed).toMatchObject({ ok: true, value: { preferences: { only: ['a'] } } })
    expect(parsed.ok && parsed.value.forwardedBody).toEqual(bodyOf({}))
  })

  test('an attestation of mode none asks for nothing, and is not passed on either', () => {
    const parsed = parse({ attestation: { mode: 'none' } })
    expect(parsed).toMatchObject({ ok: true, value: { needsSignature: false } })
    expect(parsed.ok && parsed.value.forwardedBody).toEqual(bodyOf({}))
  })

  test.each<[string, Record<string, unknown>, string | undefined]>([
    ['routing', { routing: null }, undefined],
    ['routing.sort', { routing: { sort: 'best' } }, undefined],
    ['x-vouch-routing', {}, 'price'],
    ['x-vouch-routing.sort', {}, '{"sort":"best"}'],
    ['x-vouch-routing', { routing: {} }, '{}'],
    ['attestation', { attestation: 'signed' }, undefined],
    ['attestation', { attestation: null }, undefined],
    ['attestation', { attestation: { mode: 'signed', nonce: 'n' } }, undefined],
    ['attestation.mode', { attestation: {} }, undefined],
    ['attestation.mode', { attestation: { mode: 'zk' } }, undefined],
  ])('%s is refused by its name: %j %s', (param, fields, header) => {
    expect(parse(fields, header)).toMatchObject({
      ok: false,
      error: { reason: 'invalid_value', param },
    })
  })
})
