import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate } from '../../../src/engine/key-values.ts'
import { openPrefixCache, type PrefixCache } from '../../../src/engine/prefix-cache.ts'
import type { Sequence } from '../../../src/engine/sequence.ts'

const blockTokens = 4
const shape = { layers: 1, heads: 2, headDimension: 1, contextTokensMax: 256 }
/** Key and value of two heads of one float for each token of a block. */
const blockBytes = 2 * 2 * blockTokens * 4

/** Keys and values that are the tokens themselves, so that what comes out shows which they are of. */
function readOf(tokens: readonly number[]): Sequence['keyValues'] {
  const keyValues = allocate(shape, { rows: 1, capacity: tokens.length })
  for (const array of keyValues.arrays) {
    for (let head = 0; head < shape.heads; head += 1) array.set(tokens, head * tokens.length)
  }
  return keyValues
}

function tokensOf({ tokens, keyValues }: Sequence): number[] {
  const { capacity, arrays } = keyValues
  const copies = arrays.flatMap((array) =>
    Array.from({ length: shape.heads }, (_, head) => [
      ...array.subarray(head * capacity, head * capacity + tokens),
    ]),
  )
  const [first = []] = copies
  for (const copy of copies) expect(copy).toEqual(first)
  return first
}

const open = (blocksMax: number): PrefixCache =>
  openPrefixCache({ shape, blockTokens, bytesMax: blocksMax * blockBytes })

const keepPrompt = (cache: PrefixCache, prompt: readonly number[]): void =>
  cache.keep(prompt, readOf(prompt))

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, at) => from + at)

describe('openPrefixCache', () => {
  test('holds nothing at first', () => {
    expect(open(9).longestPrefix(range(10)).tokens).toBe(0)
  })

  test('gives whole blocks of the common beginning', () => {
    const cache = open(9)
    keepPrompt(cache, range(14))
    expect(tokensOf(cache.longestPrefix(range(20)))).toEqual(range(12))
    expect(tokensOf(cache.longestPrefix([...range(10), 99, 98, 97]))).toEqual(range(8))
    expect(cache.prefixTokens([...range(10), 99, 98, 97])).toBe(8)
    expect(cache.longestPrefix([99, ...range(12)]).tokens).toBe(0)
    expect(cache.longestPrefix(range(3)).tokens).toBe(0)
  })

  test('leaves at least one token to compute, for its logits', () => {
    const cache = open(9)
    keepPrompt(cache, range(8))
    expect(cache.longestPrefix(range(8)).tokens).toBe(4)
    expect(cache.longestPrefix(range(9)).tokens).toBe(8)
  })

  test('what comes out is a copy: lengthening it changes nothing that is kept', () => {
    const cache = open(9)
    keepPrompt(cache, range(8))
    cache.longestPrefix(range(9)).keyValues.arrays[0]?.fill(77)
    expect(tokensOf(cache.longestPrefix(range(9)))).toEqual(range(8))
  })

  test('keeps a beginning that texts share once', () => {
    const cache = open(4)
    keepPrompt(cache, [...range(8), ...range(4, 100)])
    keepPrompt(cache, [...range(8), ...range(4, 200)])
    // Two shared blocks and one of each: four, so that nothing was dropped.
    expect(cache.prefixTokens([...range(8), ...range(5, 100)])).toBe(12)
    expect(cache.prefixTokens([...range(8), ...range(5, 200)])).toBe(12)
  })

  test('drops the block that was not used for longest, and none before those behind it', () => {
    const cache = open(4)
    const [one, two, three] = [range(8, 100), range(8, 200), range(4, 300)]
    keepPrompt(cache, one)
    keepPrompt(cache, two)
    expect(cache.longestPrefix([...one, 1]).tokens).toBe(8)
    keepPrompt(cache, three)
    expect(cache.prefixTokens([...two, 1])).toBe(4)
    expect(cache.prefixTokens([...one, 1])).toBe(8)
    expect(cache.prefixTokens([...three, 1])).toBe(4)
  })

  test('no room, no reuse; of a text that is too long the beginning is kept', () => {
    const none = open(0)
    keepPrompt(none, range(12))
    expect(none.longestPrefix(range(12)).tokens).toBe(0)
    const small = open(2)
    keepPrompt(small, range(20))
    expect(small.prefixTokens(range(20))).toBe(8)
  })

  test('what comes out is always the beginning of what was asked for, within the room', () => {
    let reused = 0
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 20 }), {
          minLength: 1,
          maxLength: 30,
        }),
        (prompts) => {
          const cache = open(3)
          for (const prompt of prompts) {
            const found = cache.longestPrefix(prompt)
            expect(tokensOf(found)).toEqual(prompt.slice(0, found.tokens))
            expect(found.tokens % blockTokens).toBe(0)
            expect(found.tokens).toBeLessThan(prompt.length)
            expect(found.tokens).toBeLessThanOrEqual(3 * blockTokens)
            if (found.tokens > 0) reused += 1
            keepPrompt(cache, prompt)
          }
        },
      ),
      { numRuns: 100 },
    )
    expect(reused).toBeGreaterThan(0)
  })
})
