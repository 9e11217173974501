import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate } from '../../src/provable/evaluate.ts'
import { analyseIntervals } from '../../src/provable/interval-analysis.ts'
import { type Quantised, quantise } from '../../src/provable/quantise.ts'
import { evaluateReal, type RealGraph } from '../../src/provable/real-graph.ts'
import { anyInputOf, type LayerKind, layerKinds } from '../support/arbitrary-graphs.ts'
import { realGraphOf } from '../support/real-graphs.ts'
import { seededRandom } from '../support/seeded-random.ts'

const elements = 12

function sampleOf(seed: number): readonly (readonly number[])[] {
  const draw = seededRandom(seed)
  return Array.from({ length: 6 }, () =>
    Array.from({ length: elements }, () => (draw(2_001) - 1_000) / 301),
  )
}

/** How far each output is from the real graph's, in its own unit, for an input on the grid. */
function errorsAt(real: RealGraph, { graph }: Quantised, input: readonly number[]): number[] {
  const answer = evaluate(graph, input)
  if (!answer.ok) throw new Error(answer.error.reason)
  const [port] = graph.inputs
  const row = input.map((value) => value / 2 ** (port?.scaleBits ?? 0))
  const tensors = evaluateReal(real, row)
  let at = 0
  return real.outputs.map(({ tensor }, index) => {
    const values = [...(tensors[tensor] ?? [])]
    const scale = 2 ** (graph.outputs[index]?.scaleBits ?? 0)
    const errors = values.map((value, of) => Math.abs((answer.value[at + of] ?? 0) / scale - value))
    at += values.length
    return Math.max(...errors)
  })
}

function isWithin(errors: readonly number[], { errorBounds }: Quantised): boolean {
  // Doubles are off by less than a millionth of what either side counts.
  return errors.every((error, output) => {
    const bound = errorBounds[output]
    return bound === null || bound === undefined || error <= bound * (1 + 1e-6) + 1e-9
  })
}

const anyPlans = fc.array(
  fc.record({
    kind: fc.constantFrom(...layerKinds),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  }),
  { minLength: 1, maxLength: 5 },
)

const anyCase = fc
  .record({
    plans: anyPlans,
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
    bits: fc.integer({ min: 8, max: 24 }),
  })
  .chain(({ plans, seed, bits }) => {
    const real = realGraphOf(elements, plans)
    const quantised = quantise(real, { sample: sampleOf(seed), activationBits: bits })
    const input = quantised.ok ? anyInputOf(quantised.value.graph) : fc.constant([])
    return input.map((integers) => ({ real, quantised, integers }))
  })

test('no input within the ranges makes an error beyond the bound, or a value beyond its interval', () => {
  fc.assert(
    fc.property(anyCase, ({ real, quantised, integers }) => {
      if (!quantised.ok) {
        expect(quantised.error.reason).toBe('overflow')
        return
      }
      expect(isWithin(errorsAt(real, quantised.value, integers), quantised.value)).toBe(true)
      expect(analyseIntervals(quantised.value.graph).ok).toBe(true)
    }),
    { numRuns: 400 },
  )
})

/** Beside the property, whose draws may all be refused. */
test.each(layerKinds)(
  '%s: is quantised, and within a bound that says something',
  (kind: LayerKind) => {
    let least = Number.POSITIVE_INFINITY
    for (let seed = 1; seed <= 20; seed += 1) {
      const real = realGraphOf(elements, [{ kind, seed: seed * 7919 }])
      const quantised = quantise(real, { sample: sampleOf(seed) })
      if (!quantised.ok) throw new Error(`${quantised.error.place} ${quantised.error.detail}`)
      const draw = seededRandom(seed + 100)
      const [port] = quantised.value.graph.inputs
      const input = Array.from({ length: elements }, (_, element) => {
        const min = port?.minima[element % port.minima.length] ?? 0
        const max = port?.maxima[element % port.maxima.length] ?? 0
        return min + draw(max - min + 1)
      })
      const errors = errorsAt(real, quantised.value, input)
      expect(isWithin(errors, quantised.value)).toBe(true)
      const [bound] = quantised.value.errorBounds
      expect(bound).not.toBeNull()
      least = Math.min(least, bound ?? Number.POSITIVE_INFINITY)
    }
    expect(least).toBeLessThan(0.01)
  },
)
