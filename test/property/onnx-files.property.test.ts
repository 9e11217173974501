import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowerOnnx } from '../../src/provable/lower-onnx.ts'
import type { ModelFault } from '../../src/provable/model-fault.ts'
import { quantise } from '../../src/provable/quantise.ts'
import { readOnnx } from '../../src/provable/read-onnx.ts'
import { classifierSamples, onnxSamples } from '../support/onnx-samples.ts'
import { seededRandom } from '../support/seeded-random.ts'

const files = [...onnxSamples, ...classifierSamples]

/** The whole way of an uploaded file, with a sample of zeros. Whatever the bytes are, it ends in a value. */
function outcome(bytes: Uint8Array, isQuantised = true): 'taken' | ModelFault {
  const model = readOnnx(bytes)
  if (!model.ok) return model.error
  const real = lowerOnnx(model.value)
  if (!real.ok) return real.error
  if (!isQuantised) return 'taken'
  const length = real.value.inputs.reduce(
    (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  )
  const quantised = quantise(real.value, { sample: [new Array<number>(length).fill(0)] })
  return quantised.ok ? 'taken' : quantised.error
}

function isExplained(found: 'taken' | ModelFault): boolean {
  return (
    found === 'taken' || (found.place !== '' && found.detail !== '' && found.place.length < 400)
  )
}

test.each(files)('$name: is taken whole', ({ bytes }) => {
  expect(outcome(bytes)).toBe('taken')
})

test.each(files)('$name: cut anywhere, it is refused with a reason', ({ bytes }) => {
  for (let length = 0; length < bytes.length; length += 1) {
    const found = outcome(bytes.subarray(0, length))
    // A file that ends before its operator sets has a graph, and says nothing of what it means.
    expect(found).not.toBe('taken')
    expect(isExplained(found)).toBe(true)
  }
})

test.each(files)(
  '$name: with any byte changed, it is taken or refused with a reason',
  ({ bytes }) => {
    const draw = seededRandom(bytes.length)
    let refused = 0
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (draw(2) === 0 ? 1 << draw(8) : 1 + draw(255))
      const found = outcome(changed, at % 8 === 0)
      expect(isExplained(found)).toBe(true)
      if (found !== 'taken') refused += 1
    }
    expect(refused).toBeGreaterThan(bytes.length / 8)
  },
)

test('pieces of files put together are taken or refused with a reason', () => {
  const anyPiece = fc
    .record({
      file: fc.constantFrom(...files),
      from: fc.nat(2_000),
      length: fc.nat(400),
    })
    .map(({ file: { bytes }, from, length }) =>
      bytes.subarray(from % bytes.length, (from % bytes.length) + length),
    )
  fc.assert(
    fc.property(fc.array(anyPiece, { minLength: 2, maxLength: 5 }), (pieces) => {
      expect(isExplained(outcome(Buffer.concat(pieces)))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('random bytes are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const found = outcome(bytes)
      expect(found).not.toBe('taken')
      expect(isExplained(found)).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})
