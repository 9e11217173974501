import { describe, expect, test } from 'vitest'
import { parseRoutePreferences, parseRoutingHeader } from '../../../src/domain/route-preferences.ts'

describe('parseRoutePreferences', () => {
  test('nothing wished for is everything allowed', () => {
    expect(parseRoutePreferences({})).toEqual({
      ok: true,
      value: {
        order: undefined,
        only: undefined,
        ignore: undefined,
        allowFallbacks: true,
        sort: undefined,
        maxPrice: { prompt: undefined, completion: undefined },
        maxFirstTokenMs: undefined,
        region: undefined,
        affinity: undefined,
      },
    })
  })

  test('every wish is read', () => {
    const read = parseRoutePreferences({
      order: ['a', 'b'],
      only: ['a'],
      ignore: ['c'],
      allow_fallbacks: false,
      hedge: true,
      sort: 'latency',
      max_price: { prompt: 5, completion: '999999999.000001' },
      max_ttft_ms: 250.5,
      region: 'eu',
      affinity: 'session-1',
    })
    expect(read).toEqual({
      ok: true,
      value: {
        order: ['a', 'b'],
        only: ['a'],
        ignore: ['c'],
        allowFallbacks: false,
        hedge: true,
        sort: 'latency',
        maxPrice: { prompt: 5_000_000n, completion: 999_999_999_000_001n },
        maxFirstTokenMs: 250.5,
        region: 'eu',
        affinity: 'session-1',
      },
    })
  })

  test.each([
    ['0.25', 250_000n],
    [0.25, 250_000n],
    ['0.000001', 1n],
    [0, 0n],
    ['12', 12_000_000n],
  ])('a price of %j dollars is %d millionths', (prompt, micro) => {
    expect(parseRoutePreferences({ max_price: { prompt } })).toMatchObject({
      ok: true,
      value: { maxPrice: { prompt: micro, completion: undefined } },
    })
  })

  const tooMany = Array.from({ length: 33 }, String)
  test.each<[string, unknown]>([
    ['routing', null],
    ['routing', []],
    ['routing', 'price'],
    ['routing.sorted', { sorted: 'price' }],
    ['routing', { 'sort by': 'price' }],
    ['routing.__proto__', JSON.parse('{"__proto__": 1}')],
    ['routing.constructor', { constructor: 1 }],
    ['routing.order', { order: [] }],
    ['routing.order', { order: tooMany }],
    ['routing.only', { only: 'a' }],
    ['routing.only', { only: [1] }],
    ['routing.ignore', { ignore: [''] }],
    ['routing.ignore', { ignore: ['x'.repeat(129)] }],
    ['routing.allow_fallbacks', { allow_fallbacks: 'no' }],
    ['routing.hedge', { hedge: 1 }],
    ['routing.sort', { sort: 'quality' }],
    ['routing.max_price', { max_price: 3 }],
    ['routing.max_price.request', { max_price: { request: 3 } }],
    ['routing.max_price.prompt', { max_price: { prompt: -1 } }],
    ['routing.max_price.prompt', { max_price: { prompt: 1e-7 } }],
    ['routing.max_price.prompt', { max_price: { prompt: '0.0000001' } }],
    ['routing.max_price.prompt', { max_price: { prompt: '.5' } }],
    ['routing.max_price.prompt', { max_price: { prompt: 2 ** 60 } }],
    ['routing.max_price.completion', { max_price: { completion: '1e3' } }],
    ['routing.max_price.completion', { max_price: { completion: '9'.repeat(10) } }],
    ['routing.max_ttft_ms', { max_ttft_ms: 0 }],
    ['routing.max_ttft_ms', { max_ttft_ms: Number.NaN }],
    ['routing.max_ttft_ms', { max_ttft_ms: 600_001 }],
    ['routing.region', { region: '' }],
    ['routing.affinity', { affinity: 'x'.repeat(129) }],
  ])('%s is refused by its name: %j', (param, value) => {
    expect(parseRoutePreferences(value)).toMatchObject({
      ok: false,
      error: { reason: 'invalid_value', param },
    })
  })
})

describe('parseRoutingHeader', () => {
  test('is the same object as JSON', () => {
    expect(parseRoutingHeader('{"sort":"price"}')).toEqual(parseRoutePreferences({ sort: 'price' }))
  })

  test.each([
    ['x-vouch-routing', 'price'],
    ['x-vouch-routing', ''],
    ['x-vouch-routing', `{"region":"${'x'.repeat(5_000)}"}`],
    ['x-vouch-routing.sort', '{"sort":1}'],
  ])('%s is refused by its name', (param, text) => {
    expect(parseRoutingHeader(text)).toMatchObject({ ok: false, error: { param } })
  })
})
