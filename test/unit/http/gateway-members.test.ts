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

  test.each<[object, string | undefined, boolean]>([
    [{}, undefined, false],
    [{}, 'allow', true],
    [{ attestation: { mode: 'none' } }, 'allow', true],
    [{ attestation: { audit: true } }, undefined, true],
    [{ attestation: { audit: true } }, 'allow', true],
    [{ attestation: { audit: false } }, undefined, false],
    [{ store: true }, undefined, false],
  ])(
    '%o with the header %s may be audited: %s; nobody asked learns of it',
    (fields, header, may) => {
      const headers = header === undefined ? {} : { 'x-vouch-audit': header }
      const parsed = parseChatBody(bodyOf({ ...fields }), headers)
      expect(parsed).toMatchObject({
        ok: true,
        value: { mayBeAudited: may, needsSignature: false },
      })
      const { attestation: _, ...forwarded } = fields as { attestation?: unknown }
      expect(parsed.ok && parsed.value.forwardedBody).toEqual(bodyOf(forwarded))
    },
  )

  test('an audit beside a mode asks for both', () => {
    expect(parse({ attestation: { mode: 'signed', audit: true } })).toMatchObject({
      ok: true,
      value: { mayBeAudited: true, needsSignature: true },
    })
  })

  test.each<[object, string | undefined, string]>([
    [{}, 'yes', 'x-vouch-audit'],
    [{ attestation: { audit: 'yes' } }, undefined, 'attestation.audit'],
    [{ attestation: { audit: null } }, undefined, 'attestation.audit'],
    [{ attestation: { audit: false } }, 'allow', 'x-vouch-audit'],
    [{ attestation: { audit: true, mode: 'tee' } }, undefined, 'attestation.mode'],
    [{ attestation: {} }, undefined, 'attestation.mode'],
  ])('%o with the header %s is refused for %s', (fields, header, param) => {
    const headers = header === undefined ? {} : { 'x-vouch-audit': header }
    expect(parseChatBody(bodyOf({ ...fields }), headers)).toMatchObject({
      ok: false,
      error: { reason: 'invalid_value', param },
    })
  })

  test.each<[string, object, string]>([
    ['a verified upstream', { aci_verified: true }, 'verification_unavailable'],
    ['sessions', { aci_session_ids: ['ab'.repeat(32)] }, 'session_not_accepted'],
    ['no sessions', { aci_session_ids: [] }, 'invalid_value'],
    ['a session that is none', { aci_session_ids: ['AB'.repeat(32)] }, 'invalid_value'],
    [
      'a contradiction',
      { aci_verified: false, aci_session_ids: ['ab'.repeat(32)] },
      'invalid_value',
    ],
    ['something of another type', { aci_verified: 1 }, 'invalid_value'],
    ['what nobody knows', { aci_verfied: true }, 'invalid_value'],
  ])('%s is demanded of ACI and refused, never passed over', (_what, provider, reason) => {
    expect(parse({ provider })).toMatchObject({ ok: false, error: { reason } })
  })

  test('the same by the header that ACI had before', () => {
    const demanding = { 'x-upstream-verification': 'required' }
    expect(parseChatBody(bodyOf({}), demanding)).toMatchObject({
      ok: false,
      error: { reason: 'verification_unavailable' },
    })
  })

  test('who demands nothing of ACI has only that taken out of provider', () => {
    const parsed = parse({ provider: { aci_verified: false, order: ['x', 1] }, seed: 1 })
    expect(parsed.ok && JSON.parse(parsed.value.forwardedBody.toString())).toEqual(
      JSON.parse(bodyOf({ seed: 1, provider: { order: ['x', 1] } }).toString()),
    )
    const alone = parse({ provider: { aci_verified: false } })
    expect(alone.ok && alone.value.forwardedBody).toEqual(bodyOf({}))
    const others = bodyOf({ provider: { order: ['x'] } })
    const untouched = parseChatBody(others)
    expect(untouched.ok && untouched.value.forwardedBody === others).toBe(true)
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

  test.each([
    [{ attestation: { mode: 'zk' } }, undefined, 'later'],
    [{ attestation: { mode: 'zk', wait: false } }, undefined, 'later'],
    [{ attestation: { mode: 'zk', wait: true } }, undefined, 'wait'],
    [{}, 'zk', 'later'],
    [{}, 'zk; wait', 'wait'],
    [{}, 'signed', undefined],
  ])('%o with the header %s asks for a proof: %s', (fields, header, proof) => {
    const headers = header === undefined ? {} : { 'x-vouch-attestation': header }
    const parsed = parseChatBody(bodyOf({ ...fields }), headers)
    expect(parsed.ok && parsed.value.proof).toBe(proof)
    expect(parsed.ok && parsed.value.needsSignature).toBe(header === 'signed')
    expect(parsed.ok && parsed.value.forwardedBody).toEqual(bodyOf({}))
  })

  test.each([
    [{}, 'zk; now'],
    [{}, 'tee'],
    [{}, 'signed; wait'],
    [{ attestation: { mode: 'zk' } }, 'zk'],
  ])('%o with the header x-vouch-attestation: %s is refused', (fields, header) => {
    const headers = { 'x-vouch-attestation': header }
    expect(parseChatBody(bodyOf({ ...fields }), headers)).toMatchObject({
      ok: false,
      error: { reason: 'invalid_value' },
    })
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
    ['attestation.mode', { attestation: { mode: 'snark' } }, undefined],
    ['attestation.wait', { attestation: { mode: 'signed', wait: true } }, undefined],
    ['attestation.wait', { attestation: { mode: 'zk', wait: 'yes' } }, undefined],
  ])('%s is refused by its name: %j %s', (param, fields, header) => {
    expect(parse(fields, header)).toMatchObject({
      ok: false,
      error: { reason: 'invalid_value', param },
    })
  })
})
