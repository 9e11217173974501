import { describe, expect, test } from 'vitest'
import {
  parseReceiptDocument,
  receiptDocumentBytesMax,
} from '../../../src/client/parse-receipt-document.ts'
import { documentOf, parseJson, signReceipt } from '../../support/signed-receipt.ts'

const valid = documentOf(signReceipt())
const text = JSON.stringify(valid)

type Json = Record<string, unknown>

/** A copy of the document in which one member is replaced, or removed where `value` is undefined. */
function withMember(path: string, value: unknown): Json {
  const copy = structuredClone(valid) as unknown as Json
  const names = path.split('.')
  const last = names.pop() ?? ''
  const holder = names.reduce((object, name) => object[name] as Json, copy)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return copy
}

const faultsOf = (value: unknown) => {
  const parsed = parseJson(value)
  return parsed.ok ? [] : parsed.error
}
const textFaults = (json: string) => {
  const parsed = parseReceiptDocument(Buffer.from(json))
  return parsed.ok ? [] : parsed.error
}

/** Every path of the document that holds a value, as `receipt.work.jobId`. */
function leafPaths(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, member]) =>
    leafPaths(member, path === '' ? name : `${path}.${name}`),
  )
}
const paths = leafPaths(valid)

test('the document of a receipt reads as the receipt', () => {
  expect(parseJson(valid)).toEqual({
    ok: true,
    value: { object: 'vouch.receipt', ...signReceipt() },
  })
})

test('the envelope may grow beside the receipt', () => {
  expect(parseJson({ ...valid, inclusion: { root: '0x' } }).ok).toBe(true)
  expect(parseJson({ ...valid, usage: { source: 'counted', by: 'tokenizer' } }).ok).toBe(true)
})

test('capital hex digits are the same value', () => {
  const capitals = `0x${valid.receipt.receiptId.slice(2).toUpperCase()}`
  expect(parseJson(withMember('receipt.receiptId', capitals))).toEqual(parseJson(valid))
})

describe('each field by name', () => {
  test('there are the fields of a receipt', () => {
    expect(paths).toHaveLength(45)
  })

  test.each(paths)('%s missing', (path) => {
    expect(faultsOf(withMember(path, undefined))).toEqual([
      { path, expected: expect.any(String), found: 'nothing' },
    ])
  })

  test.each(paths)('%s of another type', (path) => {
    for (const wrong of [null, [], {}, true, 1.5, -1, '']) {
      const faults = faultsOf(withMember(path, wrong))
      // Any string is a name or version as far as its shape goes.
      if (wrong === '' && (path === 'domain.name' || path === 'domain.version')) continue
      expect(faults.map((fault) => fault.path)).toEqual([path])
    }
  })
})

test.each([
  ['receipt.work.promptTokens', 2 ** 32, 'a whole number from 0 to 2^32-1'],
  ['receipt.work.cachedPromptTokens', 2 ** 32, 'a whole number from 0 to 2^32-1'],
  ['receipt.work.completionTokens', 2 ** 32, 'a whole number from 0 to 2^32-1'],
  ['receipt.tiers', 2 ** 16, 'a whole number from 0 to 2^16-1'],
  ['receipt.gatewaySeq', 2 ** 53, 'a whole number from 0 to 2^53-1'],
  ['receipt.channelSeq', '7', 'a whole number from 0 to 2^53-1'],
  ['receipt.work.finishedAt', 2 ** 53, 'unix seconds, a whole number from 0 to 2^53-1'],
  ['receipt.work.status', 4, '0, 1, 2 or 3'],
  ['receipt.cost', String(2n ** 128n), 'a decimal string from 0 to 2^128-1'],
  ['receipt.cost', '007', 'a decimal string from 0 to 2^128-1'],
  ['receipt.cost', 7, 'a decimal string from 0 to 2^128-1'],
  ['receipt.cumulative', '1e3', 'a decimal string from 0 to 2^128-1'],
  ['receipt.client', `0x${'9'.repeat(39)}`, 'an address as 0x and 40 hex digits'],
  ['gatewaySignature', '0x123', 'a signature as 0x and hex digits'],
  ['domain.chainId', '31337', 'a whole number from 0 to 2^53-1'],
  ['usage.source', 'guessed', '"reported", "counted" or "corrected"'],
  ['object', 'chat.completion', '"vouch.receipt"'],
])('%s of %j: expected %s', (path, value, expected) => {
  expect(faultsOf(withMember(path, value))).toEqual([
    {
      path,
      expected,
      found: JSON.stringify(value).slice(0, 40) + (JSON.stringify(value).length > 40 ? '…' : ''),
    },
  ])
})

test('the largest amounts are read exactly', () => {
  const largest = String(2n ** 128n - 1n)
  const parsed = parseJson(withMember('receipt.cumulative', largest))
  expect(parsed.ok && parsed.value.receipt.cumulative).toBe(2n ** 128n - 1n)
})

test('inside what is signed or hashed no field may be added', () => {
  for (const path of ['receipt.extra', 'receipt.work.extra', 'domain.salt', 'priceSheet.extra']) {
    expect(faultsOf(withMember(path, 1))).toEqual([
      { path, expected: 'no such field', found: 'one' },
    ])
  }
})

test('members of every object, such as toString, are no fields', () => {
  const { receiptId: _, ...rest } = valid.receipt
  expect(faultsOf({ ...valid, receipt: { ...rest, toString: 1 } }).map(({ path }) => path)).toEqual(
    ['receipt.receiptId', 'receipt.toString'],
  )
})

test('all faults are named, not only the first', () => {
  const broken = withMember('receipt.work.status', 9)
  expect(faultsOf({ ...broken, gatewaySignature: 5 }).map(({ path }) => path)).toEqual([
    'receipt.work.status',
    'gatewaySignature',
  ])
})

describe('texts', () => {
  test.each([
    ['', 'JSON'],
    ['{', 'JSON'],
    ['<html>', 'JSON'],
    ['[]', 'an object'],
    ['null', 'an object'],
    ['"receipt"', 'an object'],
  ])('%j: expected %s', (json, expected) => {
    expect(textFaults(json).map((fault) => fault.expected)).toEqual([expected])
  })

  test('a field that stands twice is refused by its path', () => {
    const twice = text.replace('"cost":', '"cost":"1","cost":')
    expect(textFaults(twice)).toEqual([
      { path: 'receipt.cost', expected: 'the field once', found: 'it twice' },
    ])
    const escaped = text.replace('"jobId":', `"\\u006aobId":"0x${'0'.repeat(64)}","jobId":`)
    expect(textFaults(escaped).map(({ path }) => path)).toEqual(['receipt.work.jobId'])
  })

  test('bytes that are not UTF-8', () => {
    const parsed = parseReceiptDocument(Buffer.concat([Buffer.from(text), Buffer.from([0xff])]))
    expect(parsed.ok ? [] : parsed.error.map(({ expected }) => expected)).toEqual(['UTF-8'])
  })

  test('a size beyond any receipt, whatever it holds', () => {
    const padded = text + ' '.repeat(receiptDocumentBytesMax - text.length)
    expect(textFaults(padded)).toEqual([])
    expect(textFaults(`${padded} `)).toEqual([
      { path: '', expected: 'at most 65536 bytes', found: '65537 bytes' },
    ])
  })
})
