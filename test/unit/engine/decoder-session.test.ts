import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import {
  type DecoderSession,
  type ForwardPass,
  firstPositions,
  type KeyValueCache,
  openDecoderSession,
} from '../../../src/engine/decoder-session.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { builtInModelFolder, loadBuiltInModel } from '../../support/built-in-model.ts'

let model: LanguageModel
let decoder: DecoderSession
let tokens: readonly number[]

beforeAll(async () => {
  model = await loadBuiltInModel()
  decoder = model.decoder
  tokens = model.tokenizer.encodeContent(
    'A receipt names the contributor, the price and the hashes of what was said. '.repeat(6),
  )
})

/** Reads the tokens in pieces of the given size. */
async function readIn(size: number, given: readonly number[] = tokens): Promise<ForwardPass> {
  let pass: ForwardPass | undefined
  let cache = decoder.emptyCache
  for (let at = 0; at < given.length; at += size) {
    pass = await decoder.forward(cache, given.slice(at, at + size))
    cache = pass.cache
  }
  if (pass === undefined) throw new Error('nothing was read')
  return pass
}

const bits = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

const bitsOf = (cache: KeyValueCache): string[] =>
  cache.tensors.map(({ data }) => bits(data as Float32Array))

const farthest = (one: Float32Array, other: Float32Array): number =>
  one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? Number.NaN))), 0)

describe('openDecoderSession', () => {
  test('the same calls give the same bits', async () => {
    const [one, other] = [await readIn(32), await readIn(32)]
    expect(bits(one.logits)).toBe(bits(other.logits))
    expect(bitsOf(one.cache)).toEqual(bitsOf(other.cache))
  })

  test('reading in pieces means the same as reading at once', async () => {
    const whole = await readIn(tokens.length)
    for (const size of [1, 7, 32]) {
      const pieces = await readIn(size)
      expect(pieces.cache.tokens).toBe(tokens.length)
      expect(farthest(pieces.logits, whole.logits)).toBeLessThan(1e-3)
    }
  })

  test('what came before decides: another beginning, other logits', async () => {
    // Everything but the last token is another one; a well-trained model may shrug off a smaller change.
    const changed = await readIn(32, [
      ...tokens.slice(0, -1).map((id) => id + 1),
      ...tokens.slice(-1),
    ])
    expect(farthest(changed.logits, (await readIn(32)).logits)).toBeGreaterThan(1e-3)
  })

  test('two continuations of one cache do not disturb each other', async () => {
    const { cache } = await readIn(32)
    const before = bitsOf(cache)
    const alone = await decoder.forward(cache, [11])
    const [together] = await Promise.all([
      decoder.forward(cache, [11]),
      decoder.forward(cache, [12]),
    ])
    expect(bits(together.logits)).toBe(bits(alone.logits))
    expect(bitsOf(cache)).toEqual(before)
  })

  test('logits are one number for each token of the vocabulary', async () => {
    const { logits } = await decoder.forward(decoder.emptyCache, [5])
    expect(logits).toHaveLength(model.config.vocabularySize)
    expect(logits.every(Number.isFinite)).toBe(true)
  })

  test('no tokens, or more than the context, break an invariant', async () => {
    await expect(decoder.forward(decoder.emptyCache, [])).rejects.toThrow(InvariantViolation)
    const tooMany = Array.from({ length: model.config.contextTokensMax + 1 }, () => 5)
    await expect(decoder.forward(decoder.emptyCache, tooMany)).rejects.toThrow(InvariantViolation)
  })

  test('refuses bytes that are no model, and a model of another shape', async () => {
    const options = { intraOpThreads: 1 }
    const noModel = await openDecoderSession(Buffer.from('weights'), model.config, options)
    expect(noModel.ok || noModel.error).toMatch(/^onnxruntime does not load it: /)
    const onnx = readFileSync(join(builtInModelFolder, 'model.onnx'))
    const { layers, headDimension, vocabularySize } = model.config
    const deeper = { ...model.config, layers: layers + 1 }
    const deeperOpened = await openDecoderSession(onnx, deeper, options)
    expect(deeperOpened.ok || deeperOpened.error).toBe(
      `it has no input past_key_values.${layers}.key, no input past_key_values.${layers}.value, ` +
        `no output present.${layers}.key, no output present.${layers}.value`,
    )
    const wider = { ...model.config, headDimension: headDimension + 1 }
    const widerOpened = await openDecoderSession(onnx, wider, options)
    expect(widerOpened.ok || widerOpened.error).toMatch(/^a first token fails: /)
    const richer = { ...model.config, vocabularySize: vocabularySize + 1 }
    expect(await openDecoderSession(onnx, richer, options)).toEqual({
      ok: false,
      error: `its logits have ${vocabularySize} entries, config.json says ${vocabularySize + 1}`,
    })
  })
})

describe('firstPositions', () => {
  test('is bit for bit what reading only those tokens gives', async () => {
    const { cache } = await readIn(32)
    const { cache: expected } = await readIn(32, tokens.slice(0, 64))
    const shortened = firstPositions(cache, 64)
    expect(shortened.tokens).toBe(64)
    expect(shortened.tensors.map(({ dims }) => dims)).toEqual(
      expected.tensors.map(({ dims }) => dims),
    )
    expect(bitsOf(shortened)).toEqual(bitsOf(expected))
  })

  test('the whole length is the cache itself, a longer one breaks an invariant', async () => {
    const { cache } = await readIn(32)
    expect(firstPositions(cache, cache.tokens)).toBe(cache)
    expect(() => firstPositions(cache, cache.tokens + 1)).toThrow(InvariantViolation)
  })
})
