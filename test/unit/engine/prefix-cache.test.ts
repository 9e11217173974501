import fc from 'fast-check'
import { Tensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import type { KeyValueCache } from '../../../src/engine/decoder-session.ts'
import { openPrefixCache, type PrefixCache } from '../../../src/engine/prefix-cache.ts'

const blockTokens = 4

/** Keys that are the tokens themselves, so that what comes out shows which positions it holds. */
const cacheOf = (tokens: readonly number[]): KeyValueCache => ({
  tokens: tokens.length,
  tensors: [new Tensor('float32', Float32Array.from(tokens), [1, 1, tokens.length, 1])],
})

const tokensOf = (cache: KeyValueCache): number[] => [
  ...((cache.tensors[0]?.data ?? []) as Float32Array),
]

function open(entriesMax: number): PrefixCache {
  return openPrefixCache({ decoder: { emptyCache: cacheOf([]) }, blockTokens, entriesMax })
}

const keepPrompt = (cache: PrefixCache, prompt: readonly number[]): void =>
  cache.keep(prompt, cacheOf(prompt))

const range = (length: number, from = 0): number[] => Array.from({ length }, (_, at) => from + at)

describe('openPrefixCache', () => {
  test('holds nothing at first', () => {
    expect(open(2).longestPrefix(range(10)).tokens).toBe(0)
  })

  test('gives whole blocks of the common beginning, shortened where prompts part', () => {
    const cache = open(2)
    keepPrompt(cache, range(14))
    expect(tokensOf(cache.longestPrefix(range(20)))).toEqual(range(12))
    expect(tokensOf(cache.longestPrefix([...range(10), 99, 98, 97]))).toEqual(range(8))
    expect(cache.longestPrefix([99, ...range(12)]).tokens).toBe(0)
    expect(cache.longestPrefix(range(3)).tokens).toBe(0)
  })

  test('leaves at least one token to compute, for its logits', () => {
    const cache = open(2)
    keepPrompt(cache, range(8))
    expect(cache.longestPrefix(range(8)).tokens).toBe(4)
    expect(cache.longestPrefix(range(9)).tokens).toBe(8)
  })

  test('a longer prompt takes the place of its own beginning', () => {
    const cache = open(2)
    keepPrompt(cache, range(4, 50))
    keepPrompt(cache, range(8))
    keepPrompt(cache, range(16))
    keepPrompt(cache, range(12))
    // Two entries are enough for all four: the other prompt was not pushed out.
    expect(cache.longestPrefix(range(20)).tokens).toBe(16)
    expect(cache.longestPrefix(range(8, 50)).tokens).toBe(4)
  })

  test('prompts that differ only after their last whole block are one entry', () => {
    const cache = open(2)
    keepPrompt(cache, range(8, 50))
    for (const question of [91, 92, 93]) keepPrompt(cache, [...range(8), question])
    expect(cache.longestPrefix(range(12, 50)).tokens).toBe(8)
    expect(cache.longestPrefix(range(12)).tokens).toBe(8)
  })

  test('drops what was used longest ago', () => {
    const cache = open(2)
    const [one, two, three] = [range(8, 100), range(8, 200), range(8, 300)]
    keepPrompt(cache, one)
    keepPrompt(cache, two)
    expect(cache.longestPrefix([...one, 1]).tokens).toBe(8)
    keepPrompt(cache, three)
    expect(cache.longestPrefix([...two, 1]).tokens).toBe(0)
    expect(cache.longestPrefix([...one, 1]).tokens).toBe(8)
    expect(cache.longestPrefix([...three, 1]).tokens).toBe(8)
  })

  test('no entries, no reuse; a prompt shorter than a block is not kept', () => {
    const none = open(0)
    keepPrompt(none, range(12))
    expect(none.longestPrefix(range(12)).tokens).toBe(0)
    const cache = open(1)
    keepPrompt(cache, range(8))
    keepPrompt(cache, range(3, 50))
    expect(cache.longestPrefix(range(12)).tokens).toBe(8)
  })

  test('what comes out is always the beginning of what was asked for', () => {
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
