import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contentHash } from '../../../src/attestation/content-hash.ts'
import { canonicalJson, type Json } from '../../../src/base/canonical-json.ts'
import {
  answerHash,
  canonicalText,
  textHash,
  toolCallsHash,
} from '../../../src/client/answer-hash.ts'

/*
 * Two implementations of one definition: the signers' in src/attestation and the verifier's own. Each is also held to
 * vectors of its own (canonical-json.test.ts, content-hash.test.ts).
 */

const jsonOf = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json
const anyText = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed())
const anyToolCalls = fc.array(fc.jsonValue().map(jsonOf), { minLength: 1, maxLength: 3 })
const wellFormed = (value: unknown) => JSON.stringify(value).isWellFormed()

test('canonical texts agree', () => {
  let compared = 0
  fc.assert(
    fc.property(fc.jsonValue().map(jsonOf), (value) => {
      fc.pre(wellFormed(value))
      expect(canonicalText(value)).toBe(canonicalJson(value))
      compared += 1
    }),
  )
  expect(compared).toBeGreaterThan(0)
})

test('answers of one to eight choices agree, text and tool calls mixed', () => {
  const anyChoice = fc.oneof(
    anyText.map((text) => ({ text, toolCalls: [] as Json[] })),
    anyToolCalls.map((toolCalls) => ({ text: '', toolCalls })),
  )
  const counts = new Set<number>()
  fc.assert(
    fc.property(fc.array(anyChoice, { minLength: 1, maxLength: 8 }), (choices) => {
      const hashes = choices.map(({ text, toolCalls }) =>
        toolCalls.length > 0 ? toolCallsHash(toolCalls) : textHash(Buffer.from(text)),
      )
      const [first, ...rest] = hashes
      if (first === undefined) throw new Error('at least one choice')
      expect(answerHash([first, ...rest])).toBe(contentHash(choices))
      counts.add(choices.length)
    }),
  )
  expect(counts.size).toBeGreaterThan(4)
})

test('the empty text has the hash that every EVM knows as that of nothing', () => {
  expect(textHash(new Uint8Array())).toBe(
    '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
  )
})

test('two choices are not the hash of their texts together, and their order counts', () => {
  const [one, two] = [textHash(Buffer.from('one')), textHash(Buffer.from('two'))]
  expect(answerHash([one, two])).not.toBe(answerHash([two, one]))
  expect(answerHash([one, two])).not.toBe(textHash(Buffer.from('onetwo')))
})
