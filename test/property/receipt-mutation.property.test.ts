import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, type Hex, toHex } from '../../src/base/hex.ts'
import { type Conclusion, conclude } from '../../src/client/check-line.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import {
  answer,
  documentOf,
  parseJson,
  request,
  response,
  signReceipt,
  verificationOf,
} from '../support/signed-receipt.ts'

/*
 * Whoever changes a receipt, or what it is said to be about, is found out: offline, with the
 * signers' keys known. The mutations are made in the JSON document, as a forger would make them.
 */

type Json = Record<string, unknown>
const documents = {
  'of both': documentOf(signReceipt()),
  'of the gateway alone': documentOf(signReceipt({ receipt: { tiers: 1 } })),
}
const both = documents['of both']
type Change = {
  readonly content?: Buffer
  readonly request?: Buffer
  readonly response?: Buffer
}

/** A document that is no receipt fails as well as one that does not hold. */
function verdictOn(document: unknown, change: Change = {}): Conclusion {
  const parsed = parseJson(document)
  if (!parsed.ok) return 'fails'
  const evidence = {
    content: [change.content ?? Buffer.from(answer)],
    request: change.request ?? request,
    response: change.response ?? response,
  }
  return conclude(verifyReceipt(verificationOf(parsed.value, { evidence })))
}

const leafPaths = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, member]) =>
        leafPaths(member, path === '' ? name : `${path}.${name}`),
      )
    : [path]

const valueAt = (document: unknown, path: string): unknown =>
  path.split('.').reduce((value, name) => (value as Json)[name], document)

function withValue(document: object, path: string, value: unknown): Json {
  const copy = structuredClone(document) as Json
  const names = path.split('.')
  const last = names.pop() ?? ''
  const holder = names.reduce((object, name) => object[name] as Json, copy)
  holder[last] = value
  return copy
}

const flipBit = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  const at = bit % (8 * bytes.length)
  copy.writeUInt8(copy.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3)
  return copy
}

/**
 * Another value of the same type: for hex one bit of it is flipped, for a number it is another one.
 */
function anyOther(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'number') return fc.maxSafeNat().filter((other) => other !== value)
  const text = String(value)
  if (/^0x([0-9a-f]{2})+$/.test(text)) {
    return fc.nat().map((bit) => toHex(flipBit(fromHex(text as Hex), bit)))
  }
  if (text === '0x') return fc.uint8Array({ minLength: 1, maxLength: 70 }).map(toHex)
  if (/^[0-9]+$/.test(text)) {
    return fc
      .bigInt({ min: 0n, max: 2n ** 128n - 1n })
      .map(String)
      .filter((other) => other !== text)
  }
  return fc.string().filter((other) => other !== text)
}

/**
 * The one field that nobody signs: who counted the tokens. It says so in the output and in
 * docs/receipts.md.
 */
const unsigned = 'usage.source'

describe.each(Object.entries(documents))('a receipt %s', (_, document) => {
  test('holds before anything is changed', () => {
    expect(verdictOn(document)).toBe('holds')
  })

  const paths = leafPaths(document).filter((path) => path !== unsigned)

  test('has every field of a receipt document', () => {
    expect(paths).toHaveLength(44)
  })

  test.each(paths)('with another %s does not hold', (path) => {
    let changed = 0
    fc.assert(
      fc.property(anyOther(valueAt(document, path)), (value) => {
        expect(verdictOn(withValue(document, path, value))).toBe('fails')
        changed += 1
      }),
      { numRuns: 25 },
    )
    expect(changed).toBeGreaterThan(0)
  })
})

test('two fields changed at once do not make up for each other', () => {
  const paths = leafPaths(both).filter((path) => path !== unsigned)
  const hit = new Set<string>()
  const anyPair = fc
    .uniqueArray(fc.constantFrom(...paths), { minLength: 2, maxLength: 2 })
    .chain((pair) =>
      fc
        .tuple(...pair.map((path) => anyOther(valueAt(both, path))))
        .map((values) => ({ pair, values })),
    )
  fc.assert(
    fc.property(anyPair, ({ pair, values }) => {
      const changed = pair.reduce<object>(
        (document, path, at) => withValue(document, path, values[at]),
        both,
      )
      expect(verdictOn(changed)).toBe('fails')
      for (const path of pair) hit.add(path)
    }),
    { numRuns: 200 },
  )
  expect(hit.size).toBeGreaterThan(30)
})

test.each(['gatewaySignature', 'contributorSignature'])('any byte of %s', (name) => {
  const bytes = fromHex(valueAt(both, name) as Hex)
  for (let at = 0; at < bytes.length; at += 1) {
    for (const bit of [0, 7]) {
      const changed = toHex(flipBit(bytes, 8 * at + bit))
      expect(verdictOn(withValue(both, name, changed)), `byte ${at}`).toBe('fails')
    }
  }
  expect(bytes).toHaveLength(65)
})

test('signatures of another length, swapped, or none at all', () => {
  const { gatewaySignature, contributorSignature } = both
  const anyLength = fc.nat({ max: 90 }).filter((length) => length !== 65)
  let accepted = 0
  fc.assert(
    fc.property(anyLength, (length) => {
      const padded = `${gatewaySignature}${'00'.repeat(25)}`
      const changed = { ...both, gatewaySignature: padded.slice(0, 2 + 2 * length) }
      expect(verdictOn(changed)).toBe('fails')
      accepted += 1
    }),
  )
  expect(accepted).toBeGreaterThan(0)
  const swapped = {
    ...both,
    gatewaySignature: contributorSignature,
    contributorSignature: gatewaySignature,
  }
  expect(verdictOn(swapped)).toBe('fails')
})

describe.each([
  ['content', Buffer.from(answer)],
  ['request', request],
  ['response', response],
] as const)('any change to the %s', (name, bytes) => {
  test('of one byte, each of them', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      expect(verdictOn(both, { [name]: flipBit(bytes, 8 * at) }), `byte ${at}`).toBe('fails')
    }
  })

  test('that cuts, adds or moves bytes', () => {
    let changed = 0
    fc.assert(
      fc.property(fc.nat({ max: bytes.length }), fc.uint8Array({ maxLength: 3 }), (at, added) => {
        const spliced = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + 1)])
        fc.pre(!spliced.equals(bytes))
        expect(verdictOn(both, { [name]: spliced })).toBe('fails')
        changed += 1
      }),
    )
    expect(changed).toBeGreaterThan(0)
  })
})

test('a receipt of one answer does not cover the body of another', () => {
  const other = signReceipt({ work: { streamRoot: both.receipt.work.jobId } })
  expect(verdictOn(documentOf(other))).toBe('fails')
})
