import { describe, expect, test } from 'vitest'
import {
  type CapacityReport,
  readCapacityReport,
  writeCapacityReport,
} from '../../../src/domain/capacity-report.ts'
import { atomic } from '../../../src/domain/units.ts'

const report: CapacityReport = {
  running: 3,
  waiting: 1,
  slots: 8,
  tokensPerSecond: { prompt: 812.5, completion: 41 },
  contextTokensMax: 8192,
  region: 'eu',
  gpus: [{ name: 'NVIDIA L4', memoryMb: 23_034, memoryUsedMb: 20_112, utilization: 0.93 }],
  draining: false,
  models: [
    {
      id: 'vouch-mini',
      prices: {
        promptAtomicPerMtok: atomic(100_000n),
        cachedPromptAtomicPerMtok: atomic(0n),
        completionAtomicPerMtok: atomic(2n ** 128n - 1n),
      },
    },
  ],
}
const wire = () => JSON.parse(writeCapacityReport(report)) as Record<string, unknown>
const read = (fields: unknown) => readCapacityReport(JSON.stringify(fields))
const priceOf = (price: unknown) => ({ ...wire(), models: [{ id: 'a', price }] })

describe('readCapacityReport', () => {
  test('reads what was written', () => {
    expect(readCapacityReport(writeCapacityReport(report))).toEqual(report)
  })

  test('what a contributor does not know of itself is null, or not there', () => {
    const unknown = { tokensPerSecond: undefined, contextTokensMax: undefined, region: undefined }
    const written = writeCapacityReport({ ...report, ...unknown, gpus: [], models: [] })
    expect(JSON.parse(written)).toMatchObject({
      tokens_per_second: null,
      context_tokens_max: null,
      region: null,
    })
    const expected = { ...report, ...unknown, gpus: [], models: [] }
    expect(readCapacityReport(written)).toEqual(expected)
    const { tokens_per_second: _, region: __, context_tokens_max: ___, ...rest } = wire()
    expect(read(rest)).toEqual({ ...report, ...unknown })
  })

  test('members of a newer contributor are passed over', () => {
    expect(read({ ...wire(), carbon: { grams: 3 } })).toEqual(report)
  })

  const gpu = { name: 'a', memory_mb: 1, memory_used_mb: 1, utilization: 0 }
  const price = { prompt: '1', cached_prompt: '1', completion: '1' }
  test.each<[string, unknown]>([
    ['no object', null],
    ['a list', []],
    ['another object', { ...wire(), object: 'list' }],
    ['a negative number', { ...wire(), running: -1 }],
    ['a number beyond all machines', { ...wire(), slots: 10_000_001 }],
    ['half a request', { ...wire(), waiting: 0.5 }],
    ['a number as text', { ...wire(), slots: '8' }],
    ['slots that are missing', { ...wire(), slots: undefined }],
    ['a word for draining', { ...wire(), draining: 'no' }],
    ['a negative speed', { ...wire(), tokens_per_second: { prompt: -1, completion: 1 } }],
    ['half a speed', { ...wire(), tokens_per_second: { prompt: 1 } }],
    [
      'a thousand million tokens a second',
      { ...wire(), tokens_per_second: { prompt: 1e9, completion: 1e9 } },
    ],
    ['a context of text', { ...wire(), context_tokens_max: '8192' }],
    ['a region that rings a bell', { ...wire(), region: 'eu\u0007' }],
    ['a long region', { ...wire(), region: 'e'.repeat(129) }],
    ['devices that are no list', { ...wire(), gpus: {} }],
    ['a device busier than wholly', { ...wire(), gpus: [{ ...gpu, utilization: 1.01 }] }],
    ['a device without a name', { ...wire(), gpus: [{ ...gpu, name: '' }] }],
    ['too many devices', { ...wire(), gpus: Array.from({ length: 65 }, () => gpu) }],
    [
      'too many models',
      { ...wire(), models: Array.from({ length: 257 }, () => ({ id: 'a', price })) },
    ],
    ['a model without a price', { ...wire(), models: [{ id: 'a' }] }],
    ['a price that is a number', priceOf({ ...price, prompt: 1 })],
    ['a negative price', priceOf({ ...price, prompt: '-1' })],
    ['a broken price', priceOf({ ...price, completion: '1.5' })],
    ['a price with zeros before it', priceOf({ ...price, completion: '01' })],
    ['a price of 129 bits', priceOf({ ...price, completion: String(2n ** 128n) })],
  ])('%s is no report', (_, fields) => {
    expect(read(fields)).toBeUndefined()
  })

  test.each([
    '',
    '{',
    'NaN',
    writeCapacityReport(report).replace('"running":3', '"running":NaN'),
    writeCapacityReport(report).replace('"prompt":812.5', '"prompt":1e999'),
  ])('%s is no report', (text) => {
    expect(readCapacityReport(text)).toBeUndefined()
  })
})
