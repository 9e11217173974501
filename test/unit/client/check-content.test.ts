import { describe, expect, test } from 'vitest'
import { type ChoiceContent, contentHash } from '../../../src/attestation/content-hash.ts'
import { utf8Text } from '../../../src/base/bytes.ts'
import type { Json } from '../../../src/base/canonical-json.ts'
import { keccak256 } from '../../../src/chain/keccak.ts'
import { checkContent, contractContent } from '../../../src/client/check-content.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'
import { answer, signReceipt } from '../../support/signed-receipt.ts'

const toolCalls: Json[] = [
  { id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
]
const text = (content: string): ChoiceContent => ({ text: content, toolCalls: [] })
const receiptOf = (choices: readonly ChoiceContent[]) =>
  signReceipt({ work: { contentHash: contentHash(choices) } }).receipt
const verdict = (choices: readonly ChoiceContent[], given: readonly (string | Buffer)[]) =>
  checkContent(
    receiptOf(choices),
    given.map((content) => Buffer.from(content)),
  ).verdict

describe('one choice', () => {
  test('its text, byte for byte', () => {
    expect(verdict([text(answer)], [answer])).toBe('holds')
    expect(verdict([text(answer)], [`${answer}!`])).toBe('fails')
    expect(verdict([text('')], [''])).toBe('holds')
  })

  test('a text that looks like an array of tool calls', () => {
    expect(verdict([text('[ 1 ]')], ['[ 1 ]'])).toBe('holds')
    expect(verdict([text('[')], ['['])).toBe('holds')
  })

  test('tool calls, in any spacing and order of keys', () => {
    const [call] = toolCalls
    const reversed = Object.fromEntries(Object.entries(call as object).reverse())
    const choice = { text: '', toolCalls }
    expect(verdict([choice], [JSON.stringify(toolCalls)])).toBe('holds')
    expect(verdict([choice], [`${JSON.stringify([reversed], undefined, 1)}\n`])).toBe('holds')
    expect(verdict([choice], [JSON.stringify(call)])).toBe('fails')
  })

  test('a line feed at the end is named, and is a failure', () => {
    const line = checkContent(receiptOf([text(answer)]), [Buffer.from(`${answer}\n`)])
    expect(line.verdict).toBe('fails')
    expect(line.detail).toContain('only a line feed at the end is too many')
  })
})

describe('several choices', () => {
  const choices = [text('one'), { text: '', toolCalls }, text('three')]
  const files = ['one', JSON.stringify(toolCalls), 'three']

  test('all of them in order', () => {
    expect(verdict(choices, files)).toBe('holds')
    expect(verdict(choices, [...files].reverse())).toBe('fails')
    expect(verdict(choices, files.slice(0, 2))).toBe('fails')
    expect(verdict(choices, [...files, ''])).toBe('fails')
  })

  test('more than any answer has are refused, even if they hash to it', () => {
    const many = Array.from({ length: 2_049 }, (_, at) => String(at))
    expect(verdict(many.slice(0, 2_048).map(text), many.slice(0, 2_048))).toBe('holds')
    expect(verdict(many.map(text), many)).toBe('fails')
  })

  test('of several prompts they are texts, whatever they look like', () => {
    const lists = Array.from({ length: 9 }, () => '[]')
    expect(verdict(lists.map(text), lists)).toBe('holds')
  })
})

test('without content nothing is said to hold', () => {
  expect(verdict([text(answer)], [])).toBe('unknown')
})

test('a receipt that lost its answer covers no content at all', () => {
  const { receipt } = signReceipt({ work: { contentHash: zeroBytes32 } })
  expect(checkContent(receipt, [Buffer.from(answer)]).verdict).toBe('fails')
})

describe('what a contract is given', () => {
  test('hashes to the contentHash, for text and for tool calls', () => {
    const spaced = Buffer.from(JSON.stringify(toolCalls, undefined, 2))
    const ofCalls = receiptOf([{ text: '', toolCalls }])
    expect(keccak256(contractContent(ofCalls, [spaced]) ?? Buffer.alloc(0))).toBe(
      ofCalls.work.contentHash,
    )
    const ofText = receiptOf([text('[1]')])
    expect(utf8Text(contractContent(ofText, [Buffer.from('[1]')]) ?? new Uint8Array())).toBe('[1]')
  })

  test('is nothing for several choices', () => {
    expect(contractContent(receiptOf([text('a'), text('b')]), [])).toBeUndefined()
    const two = [Buffer.from('a'), Buffer.from('b')]
    expect(contractContent(receiptOf([text('a'), text('b')]), two)).toBeUndefined()
  })
})
