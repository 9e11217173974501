import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { isBatchExact } from '../../../src/engine/batch-check.ts'
import type { DecoderSession, PassInput } from '../../../src/engine/decoder-session.ts'
import { type BatchRow, openDecodingBatch } from '../../../src/engine/decoding-batch.ts'
import { capacityFor } from '../../../src/engine/key-values.ts'
import type { LanguageModel } from '../../../src/engine/load-model.ts'
import { readBlock } from '../../../src/engine/read-prompt.ts'
import { emptySequence, type Sequence } from '../../../src/engine/sequence.ts'
import { loadBuiltInModel } from '../../support/built-in-model.ts'

let model: LanguageModel

beforeAll(async () => {
  model = await loadBuiltInModel()
})

const tokenAt = (place: number): number => (place * 7919) % model.config.vocabularySize

async function sequenceOf(length: number): Promise<Sequence> {
  let sequence = emptySequence(model.config)
  for (let at = 0; at < length; at += 32) {
    const block = Array.from({ length: Math.min(32, length - at) }, (_, k) =>
      tokenAt(length + at + k),
    )
    const { sequence: longer } = await readBlock(
      { decoder: model.decoder, shape: model.config },
      sequence,
      block,
    )
    sequence = longer
  }
  return sequence
}

const bits = (values: Float32Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

/** The decoder, and how many rows each of its passes had. */
function watched(): { readonly decoder: Pick<DecoderSession, 'forward'>; readonly rows: number[] } {
  const rows: number[] = []
  const forward = (input: PassInput) => {
    rows.push(input.past.rows)
    return model.decoder.forward(input)
  }
  return { decoder: { forward }, rows }
}

async function take(row: BatchRow, tokens: readonly number[]): Promise<string[]> {
  const logits: string[] = []
  for (const tokenId of tokens) logits.push(bits(await row.next(tokenId)))
  return logits
}

describe('capacityFor', () => {
  test('leaves three positions, and is one less than a multiple of 64', () => {
    for (const contextTokensMax of [64, 100, 1024, 4096]) {
      let before = 0
      for (let tokens = 0; tokens < contextTokensMax; tokens += 1) {
        const capacity = capacityFor(tokens, contextTokensMax)
        expect(capacity % 64).toBe(63)
        expect(capacity).toBeGreaterThanOrEqual(tokens + 3)
        expect(capacity).toBeGreaterThanOrEqual(before)
        expect(capacity).toBeLessThanOrEqual(contextTokensMax + 66)
        before = capacity
      }
    }
    expect([0, 60, 61, 124, 125, 200, 300, 1023].map((n) => capacityFor(n, 1024))).toEqual([
      63, 63, 127, 127, 191, 255, 383, 1087,
    ])
  })
})

describe('isBatchExact', () => {
  test('holds on this machine, which the rest of this file needs', () => {
    expect(model.isBatchExact).toBe(true)
  })

  /** The decoder, off by the last bit of one number in passes of more than so many rows. */
  const offBeyond = (rows: number, ofKeys: boolean): DecoderSession => ({
    ...model.decoder,
    forward: async (input, states) => {
      const output = await model.decoder.forward(input, states)
      const numbers = ofKeys ? output.added.arrays[5] : output.logits.at(-1)
      if (input.past.rows > rows && numbers !== undefined) {
        numbers[7] = (numbers[7] ?? 0) * (1 + 2 ** -23)
      }
      return output
    },
  })

  test.each([
    [1, false],
    [1, true],
    [12, false],
    [12, true],
  ])(
    'is false where passes of more than %i rows are off by one bit (of a key: %s)',
    async (rows, ofKeys) => {
      expect(await isBatchExact(offBeyond(rows, ofKeys), model.config)).toBe(false)
      expect(await isBatchExact(offBeyond(17, ofKeys), model.config)).toBe(true)
    },
  )
})

describe('openDecodingBatch', () => {
  const open = (rowsMax: number, decoder = model.decoder as Pick<DecoderSession, 'forward'>) =>
    openDecodingBatch({ decoder, shape: model.config, rowsMax })

  test('rows that ask together are computed in one pass', async () => {
    const { decoder, rows } = watched()
    const batch = open(8, decoder)
    const start = await sequenceOf(5)
    const members = [1, 2, 3].map(() => batch.join(start))
    await Promise.all(members.map((row, at) => take(row, [at + 4, at + 5])))
    expect(rows).toEqual([3, 3])
    for (const row of members) row.leave()
    expect(batch.rows()).toBe(0)
  })

  test('more rows than a pass takes are computed in several', async () => {
    const { decoder, rows } = watched()
    const batch = open(2, decoder)
    const start = await sequenceOf(5)
    await Promise.all([1, 2, 3].map((token) => take(batch.join(start), [token])))
    expect(rows).toEqual([2, 1])
  })

  test('joining, leaving and waiting change no bit of anybody', async () => {
    const starts = await Promise.all([1, 31, 58, 61, 122, 190].map(sequenceOf))
    let together = 0
    /** Two that join in the same turn share their first pass, whatever chance brings. */
    const atOnce = { start: 0, tokens: [7, 8, 9], joinsAfter: 0, pause: 0 }
    const plan = fc.array(
      fc.record({
        start: fc.nat({ max: starts.length - 1 }),
        tokens: fc.array(fc.nat({ max: 2047 }), { minLength: 1, maxLength: 6 }),
        /** Turns of the event loop before it joins, and between its tokens. */
        joinsAfter: fc.nat({ max: 6 }),
        pause: fc.nat({ max: 2 }),
      }),
      { minLength: 1, maxLength: 9 },
    )
    await fc.assert(
      fc.asyncProperty(plan, async (generations) => {
        const { decoder, rows } = watched()
        const batch = open(16, decoder)
        const turns = async (count: number): Promise<void> => {
          for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
        }
        const alone = open(1)
        const expected: string[][] = []
        // All of them beforehand: when somebody joins is for the plan to say, not for the engine's speed.
        for (const { start, tokens } of generations) {
          const single = alone.join(starts[start] as Sequence)
          expected.push(await take(single, tokens))
          single.leave()
        }
        await Promise.all(
          generations.map(async ({ start, tokens, joinsAfter, pause }, at) => {
            await turns(joinsAfter)
            const row = batch.join(starts[start] as Sequence)
            const found: string[] = []
            for (const tokenId of tokens) {
              await turns(pause)
              found.push(bits(await row.next(tokenId)))
            }
            row.leave()
            expect(found).toEqual(expected[at])
          }),
        )
        if (rows.some((count) => count > 1)) together += 1
        expect(batch.rows()).toBe(0)
      }),
      { numRuns: 10, examples: [[[atOnce, atOnce, { ...atOnce, joinsAfter: 3 }]]] },
    )
    expect(together).toBeGreaterThan(0)
  })

  test('a row that grows beyond its room goes on as if it had more', async () => {
    const start = await sequenceOf(55)
    const tokens = Array.from({ length: 12 }, (_, at) => tokenAt(at))
    const [batch, alone] = [open(4), open(1)]
    const neighbour = batch.join(await sequenceOf(150))
    const found = await Promise.all([take(batch.join(start), tokens), take(neighbour, tokens)])
    expect(found[0]).toEqual(await take(alone.join(start), tokens))
  })

  test('a pass that fails is told to all in it, and the next one works', async () => {
    let isBroken = true
    const batch = open(4, {
      forward: (input) =>
        isBroken ? Promise.reject(new Error('broken')) : model.decoder.forward(input),
    })
    const start = await sequenceOf(5)
    const rows = [batch.join(start), batch.join(start)]
    const failed = await Promise.allSettled(rows.map((row) => row.next(7)))
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isBroken = false
    const [expected] = await take(open(1).join(start), [7])
    expect(await Promise.all(rows.map((row) => take(row, [7])))).toEqual([[expected], [expected]])
  })
})
