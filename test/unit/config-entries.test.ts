import { expect, test, vi } from 'vitest'
import { readLentTerms, readUpstreamEntry } from '../../src/config-entries.ts'

const model = {
  id: 'm',
  contextTokensMax: 8192,
  price: { promptPerMtok: '0.05', completionPerMtok: '0.10' },
}
const entry = { id: 'main', url: 'https://api.example.com/v1', models: [model] }
const upstream = (change: object = {}) =>
  readUpstreamEntry(JSON.stringify({ ...entry, ...change }), 6)
const terms = (change: object = {}) =>
  readLentTerms(
    JSON.stringify({ url: entry.url, keyId: 'main', models: [{ id: 'm' }], ...change }),
    6,
  )

test('an entry comes to what it would come to in vouch.yaml', () => {
  const read = upstream({ region: 'eu', limits: { requestsPerDay: 5, spendPerDay: '1.5' } })
  expect(read).toMatchObject({
    ok: true,
    value: {
      id: 'main',
      baseUrl: entry.url,
      apiKey: undefined,
      region: 'eu',
      limits: { requestsPerDayMax: 5, spendPerDayMax: 1_500_000n },
      models: [{ id: 'm', upstreamId: 'm', servings: [{ promptAtomicPerMtok: 50_000n }] }],
    },
  })
})

test('prices are in the decimals of the asset', () => {
  const price = { ...model.price, promptPerMtok: '0.0000001' }
  for (const read of [
    upstream({ models: [{ ...model, price }] }),
    terms({ models: [{ id: 'm', price }] }),
  ]) {
    const error = 'models[0].price.promptPerMtok: expected an amount with at most 6 decimals'
    expect(read).toMatchObject({ ok: false, error: expect.stringContaining(error) })
  }
})

test('terms come to what a lender asks, or to nothing where it asks nothing', () => {
  const { price } = model
  expect(terms({ models: [{ id: 'm', upstreamId: 'x', price }, { id: 'n' }] })).toMatchObject({
    ok: true,
    value: {
      keyId: 'main',
      limits: undefined,
      models: [
        { id: 'm', upstreamId: 'x', prices: { completionAtomicPerMtok: 100_000n } },
        { id: 'n', upstreamId: 'n', prices: undefined },
      ],
    },
  })
})

test.each([
  ['an unknown member', { colour: 'red' }, /^colour: expected one of: /],
  ['no model', { models: [] }, /^models: expected a list with at least one entry/],
  [
    'a URL with a password',
    { url: 'https://me:pass@api.example.com/v1' },
    /^url: expected a URL without user, password/,
  ],
  [
    'a URL that is none of HTTP',
    { url: 'file:///etc/passwd' },
    /^url: expected a URL that starts with/,
  ],
  [
    'a spend of nothing',
    { limits: { spendPerDay: '0' } },
    /spendPerDay: expected more than nothing/,
  ],
])('%s is told by its member', (_what, change, fault) => {
  for (const read of [upstream(change), terms(change)]) {
    expect(read).toMatchObject({ ok: false, error: expect.stringMatching(fault) })
    expect(JSON.stringify(read)).not.toContain('me:pass')
  }
})

test('nothing on the machine of the gateway can be named', () => {
  vi.stubEnv('VOUCH_PLANTED', 'planted-secret')
  const named = [
    { apiKeyFile: '/etc/hostname' },
    { apiKeyEnv: 'VOUCH_PLANTED' },
    { models: [{ ...model, manifest: '/etc/hostname' }] },
    { models: [{ ...model, tokenizer: '/etc/hostname' }] },
  ]
  for (const change of named) {
    expect(upstream(change)).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^(apiKeyFile|apiKeyEnv|manifest|tokenizer): nothing on/),
    })
  }
  const reference = ['$', '{VOUCH_PLANTED}'].join('')
  for (const change of [{ region: reference }, { url: `https://${reference}/v1` }]) {
    for (const read of [upstream(change), terms(change)]) {
      expect(read.ok).toBe(false)
      expect(JSON.stringify(read)).not.toContain('planted-secret')
    }
  }
  vi.unstubAllEnvs()
})

test('what is nested without end is refused before anything recursive sees it', () => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const text = `{"url":${open.repeat(3_000)}1${close.repeat(3_000)}}`
    const refused = { ok: false, error: 'it is nested deeper than 8 levels' }
    expect(readLentTerms(text, 6)).toEqual(refused)
    expect(readUpstreamEntry(text, 6)).toEqual(refused)
  }
})

test('text that is no JSON, though it is YAML, is refused', () => {
  expect(readLentTerms('url: https://api.example.com/v1', 6)).toEqual({
    ok: false,
    error: 'it is no JSON',
  })
  for (const text of ['[]', '"text"', 'null', '1']) expect(readLentTerms(text, 6).ok).toBe(false)
})
