/* The call of a lookup and its answer, byte for byte what ethers and the generated ABI make of them. */
import { AbiCoder, Interface, id } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/base/hex.ts'
import { readInferCall, writeInferAnswer } from '../../../src/http/ccip/infer-call.ts'

const gateway = new Interface([
  'function infer(bytes32 modelId, bytes input) view returns (bytes content, bytes packed)',
])
const modelId = `0x${'4d'.repeat(32)}`
const call = (input: Uint8Array): Hex =>
  gateway.encodeFunctionData('infer', [modelId, input]) as Hex
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)

test('calls that ethers writes are read, and answers that are written ethers reads', () => {
  let read = 0
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
      const found = readInferCall(call(a))
      expect(found).toEqual({ ok: true, value: { modelId, input: Buffer.from(a) } })
      const packed = `0x${Buffer.from(b).toString('hex')}` as const
      const written = writeInferAnswer({ content: Buffer.from(a), packed })
      expect(written).toBe(AbiCoder.defaultAbiCoder().encode(['bytes', 'bytes'], [a, packed]))
      read += 1
    }),
  )
  expect(read).toBeGreaterThan(0)
})

describe('what is no call of infer is refused', () => {
  const good = call(bytes(33))
  const word = 64
  /** Replaces the digits of one word behind the selector. */
  const withWord = (at: number, digits: string): Hex =>
    `${good.slice(0, 10 + at * word)}${digits.padStart(word, '0')}${good.slice(10 + (at + 1) * word)}` as Hex
  const cases: Readonly<Record<string, Hex>> = {
    nothing: '0x',
    'another function': `${id('infer(bytes32,string)').slice(0, 10)}${good.slice(10)}` as Hex,
    'a call cut short': good.slice(0, -2) as Hex,
    'a head cut short': good.slice(0, 10 + 2 * word) as Hex,
    'a byte behind the end': `${good}00` as Hex,
    'a word behind the end': `${good}${'0'.repeat(word)}` as Hex,
    'an input elsewhere': withWord(1, '60'),
    'a length beyond the end': withWord(2, '41'),
    'a length beyond all numbers': withWord(2, 'f'.repeat(word)),
    'padding that is not zero': `${good.slice(0, -2)}01` as Hex,
  }

  test.each(Object.entries(cases))('%s', (_name, data) => {
    const read = readInferCall(data)
    expect(read).toMatchObject({ ok: false, error: { reason: 'lookup_unreadable' } })
  })

  test('and the good one that they were made of is not', () => {
    expect(readInferCall(good).ok).toBe(true)
    expect(readInferCall(withWord(1, '40')).ok).toBe(true)
  })
})
