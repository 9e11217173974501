import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import { type DecoderSession, openDecoderSession } from '../../../src/engine/decoder-session.ts'
import { allocate } from '../../../src/engine/key-values.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { readBlock } from '../../../src/engine/read-prompt.ts'
import { emptySequence, type Sequence } from '../../../src/engine/sequence.ts'
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

type Read = { readonly sequence: Sequence; readonly logits: Float32Array }

const readOne = (sequence: Sequence, block: readonly number[]): Promise<Read> =>
  readBlock({ decoder, shape: model.config }, sequence, block)

/** Reads the tokens in pieces of the given size. */
async function readIn(size: number, given: readonly number[] = tokens): Promise<Read> {
  let read: Read | undefined
  let sequence = emptySequence(model.config)
  for (let at = 0; at < given.length; at += size) {
    read = await readOne(sequence, given.slice(at, at + size))
    sequence = read.sequence
  }
  if (read === undefined) throw new Error('nothing was read')
  return read
}

const bits = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

const bitsOf = ({ keyValues }: Sequence): string[] => keyValues.arrays.map(bits)

const farthest = (one: Float32Array, other: Float32Array): number =>
  one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? Number.NaN))), 0)

describe('openDecoderSession', () => {
  test('the same calls give the same bits', async () => {
    const [one, other] = [await readIn(32), await readIn(32)]
    expect(bits(one.logits)).toBe(bits(other.logits))
    expect(bitsOf(one.sequence)).toEqual(bitsOf(other.sequence))
  })

  test('reading in pieces means the same as reading at once', async () => {
    const whole = await readIn(tokens.length)
    for (const size of [1, 7, 32]) {
      const pieces = await readIn(size)
      expect(pieces.sequence.tokens).toBe(tokens.length)
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

  test('what lies behind the filled positions is not looked at', async () => {
    const { sequence } = await readIn(32, tokens.slice(0, 40))
    const clean = await readOne(sequence, [11])
    const dirty = (await readIn(32, tokens.slice(0, 40))).sequence
    const { capacity, headDimension } = dirty.keyValues
    for (const array of dirty.keyValues.arrays) {
      for (let head = 0; head < model.config.heads; head += 1) {
        array.fill(
          123,
          (head * capacity + 40) * headDimension,
          (head + 1) * capacity * headDimension,
        )
      }
    }
    expect(bits((await readOne(dirty, [11])).logits)).toBe(bits(clean.logits))
  })

  test('logits are one number for each token of the vocabulary', async () => {
    const { logits } = await readOne(emptySequence(model.config), [5])
    expect(logits).toHaveLength(model.config.vocabularySize)
    expect(logits.every(Number.isFinite)).toBe(true)
  })

  test('no tokens, uneven rows, or more than the context, break an invariant', async () => {
    const { keyValues } = emptySequence(model.config)
    const pass = (pastTokens: number[], tokenIds: number[][]) =>
      decoder.forward({ past: keyValues, pastTokens, tokenIds })
    await expect(pass([0], [[]])).rejects.toThrow(InvariantViolation)
    await expect(pass([0, 0], [[1], [2]])).rejects.toThrow(InvariantViolation)
    await expect(pass([64], [[1]])).rejects.toThrow(InvariantViolation)
    const tooMany = Array.from({ length: model.config.contextTokensMax + 1 }, () => 5)
    await expect(pass([0], [tooMany])).rejects.toThrow(InvariantViolation)
    const two = allocate(model.config, { rows: 2, capacity: 63 })
    const uneven = { past: two, pastTokens: [0, 0], tokenIds: [[1], [2, 3]] }
    await expect(decoder.forward(uneven)).rejects.toThrow(InvariantViolation)
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
        `no output new_key_values.${layers}.key, no output new_key_values.${layers}.value`,
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
