/*
 * Vectors keep every bit, whichever of the two forms they come and go in.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEmbeddings } from '../../src/upstream/embeddings-answer.ts'
import { embeddingList } from '../support/endpoint-answers.ts'

/** Any 32 bits that are a finite float, as little-endian bytes: zeros of both signs and subnormals among them. */
const anyFloatBits = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constantFrom(0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x7f7fffff, 0x00800000),
)
const isFinite32 = (bits: number): boolean => ((bits >>> 23) & 0xff) !== 0xff
const anyVector = fc
  .array(anyFloatBits.filter(isFinite32), { minLength: 1, maxLength: 32 })
  .map((bits) => {
    const floats = Buffer.alloc(bits.length * 4)
    for (const [index, value] of bits.entries()) floats.writeUInt32LE(value, index * 4)
    return floats
  })

function tell(vectors: readonly unknown[], form: 'float' | 'base64', written?: string) {
  const answer = readEmbeddings(Buffer.from(written ?? JSON.stringify(embeddingList(vectors))), {
    choiceCount: vectors.length,
    contentType: 'application/json',
    unit: 'vector',
    expected: { perChoiceMax: 1, perChoiceLikely: 1, form },
  })
  if (answer === undefined) throw new Error('the answer was not read')
  return { text: answer.bytes.toString(), delivered: answer.delivered }
}

test('base64 → numbers → base64 has the same bits, and both have the same content', () => {
  let negativeZeros = 0
  let subnormals = 0
  fc.assert(
    fc.property(anyVector, (floats) => {
      for (let offset = 0; offset < floats.length; offset += 4) {
        const bits = floats.readUInt32LE(offset)
        if (bits === 0x80000000) negativeZeros += 1
        if ((bits & 0x7f800000) === 0 && (bits & 0x7fffff) !== 0) subnormals += 1
      }
      const encoded = floats.toString('base64')
      const asNumbers = tell([encoded], 'float')
      expect(asNumbers.delivered).toEqual([floats])
      const back = tell([encoded], 'base64', asNumbers.text)
      expect(JSON.parse(back.text).data[0].embedding).toBe(encoded)
      expect(back.delivered).toEqual([floats])
      // What a client reads of the numbers has the bits, too.
      const read = new Float32Array(JSON.parse(asNumbers.text).data[0].embedding)
      expect(Buffer.from(read.buffer)).toEqual(floats)
    }),
  )
  expect(negativeZeros).toBeGreaterThan(0)
  expect(subnormals).toBeGreaterThan(0)
})

test('any text in the place of base64 is read as whole floats or not at all', () => {
  let refused = 0
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      try {
        const { delivered } = tell([text], 'base64')
        expect(delivered[0]?.toString('base64')).toHaveLength(text.length)
      } catch {
        refused += 1
      }
    }),
  )
  expect(refused).toBeGreaterThan(0)
})
