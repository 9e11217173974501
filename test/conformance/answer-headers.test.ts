/* What an answer says of itself beside its body (docs/usage.md). */
import { afterAll, describe, expect, test } from 'vitest'
import { askBody, askedMessages } from '../support/ask.ts'
import { openUpstreamPlace } from '../support/upstream-place.ts'

const { gateway, close } = await openUpstreamPlace((baseUrl) => ({
  upstreams: [
    {
      id: 'one',
      baseUrl,
      offer: { upstreamModelName: 'org/model:8b\nx-injected: é' },
    },
  ],
}))
afterAll(close)

const asked = (fields: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}) =>
  askBody(gateway, JSON.stringify({ model: 'm', messages: askedMessages, ...fields }), headers)

test('an answer in one piece tells what it cost, and what of its time was ours', async () => {
  const before = Date.now()
  const { headers } = await asked({})
  const tookMs = Date.now() - before
  const receipt = await gateway.receipt(headers.get('x-vouch-receipt') ?? '')
  expect(headers.get('x-vouch-cost')).toBe(receipt.receipt.cost)
  expect(headers.get('x-vouch-cost')).not.toBe('0')
  const overheadMs = Number(headers.get('x-vouch-overhead-ms'))
  expect(overheadMs).toBeGreaterThanOrEqual(0)
  expect(overheadMs).toBeLessThanOrEqual(tookMs)
})

test('a stream tells neither: they are known when its headers are long gone', async () => {
  const { headers } = await asked({ stream: true })
  expect(headers.get('x-vouch-cost')).toBeNull()
  expect(headers.get('x-vouch-overhead-ms')).toBeNull()
})

test.each([{ stream: false }, { stream: true }])(
  'who answered, and as what, %o',
  async (fields) => {
    const { headers } = await asked(fields)
    expect(headers.get('x-vouch-contributor')).toBe('one')
    expect(headers.get('x-vouch-attempts')).toBe('1')
    // Nothing of a name ends a header or begins another.
    expect(headers.get('x-vouch-upstream-model')).toBe('org/model:8b?x-injected: ?')
    expect(headers.get('x-injected')).toBeNull()
  },
)

describe('a name that the client gave its request', () => {
  const name = 'x-client-request-id'

  test.each([
    ['an answer', {}],
    ['a stream', { stream: true }],
    ['a refusal', { model: 'nobody offers this' }],
    ['a body that is wrong', { n: 'two' }],
  ])('comes back with %s', async (_what, fields) => {
    const { headers } = await asked(fields, { [name]: 'trace 7/b' })
    expect(headers.get(name)).toBe('trace 7/b')
    expect(headers.get('x-request-id')).toMatch(/^req_/)
  })

  test('and where there is none, or no good one, nothing does', async () => {
    expect((await asked({})).headers.get(name)).toBeNull()
    expect((await asked({}, { [name]: 'x'.repeat(513) })).headers.get(name)).toBeNull()
    expect((await asked({}, { [name]: 'h\u00e9' })).headers.get(name)).toBeNull()
    expect((await asked({}, { [name]: 'x'.repeat(512) })).headers.get(name)).toHaveLength(512)
  })
})
