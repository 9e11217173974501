import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate, evaluateTensors } from '../../src/provable/evaluate.ts'
import { analyseIntervals } from '../../src/provable/interval-analysis.ts'
import { readFixedPointGraph } from '../../src/provable/read-fixed-point-graph.ts'
import { anyGraphAndInput, graphOf, layerKinds } from '../support/arbitrary-graphs.ts'
import { evaluateExactly } from '../support/exact-evaluation.ts'

const runs = { numRuns: 300 }

test('the evaluator answers what bigint answers, for every tensor', () => {
  fc.assert(
    fc.property(anyGraphAndInput, ({ graph, input }) => {
      const exact = evaluateExactly(graph, input)
      const tensors = evaluateTensors(graph, input)
      expect(tensors.map((values) => Array.from(values, BigInt))).toEqual(exact)
      const answer = evaluate(graph, input)
      expect(answer.ok && Array.from(answer.value, BigInt)).toEqual(
        graph.outputs.flatMap(({ tensor }) => exact[tensor] ?? []),
      )
    }),
    runs,
  )
})

test('no value leaves its interval', () => {
  fc.assert(
    fc.property(anyGraphAndInput, ({ graph, input }) => {
      const intervals = analyseIntervals(graph)
      if (!intervals.ok) throw new Error(intervals.error.detail)
      for (const [tensor, values] of evaluateTensors(graph, input).entries()) {
        const { minima, maxima } = intervals.value.tensors[tensor] ?? {}
        values.forEach((value, element) => {
          expect(value).toBeGreaterThanOrEqual(minima?.[element] ?? Number.NaN)
          expect(value).toBeLessThanOrEqual(maxima?.[element] ?? Number.NaN)
        })
      }
    }),
    runs,
  )
})

test('a graph is what its JSON says', () => {
  fc.assert(
    fc.property(anyGraphAndInput, ({ graph }) => {
      expect(readFixedPointGraph(JSON.parse(JSON.stringify(graph)))).toEqual({
        ok: true,
        value: graph,
      })
    }),
    runs,
  )
})

/** Beside the properties, whose draws may leave a kind out. */
test.each(layerKinds)('%s: the evaluator answers what bigint answers', (kind) => {
  let differing = 0
  for (let seed = 1; seed <= 60; seed += 1) {
    const graph = graphOf(12, [{ kind, seed: seed * 7919 }])
    expect(graph.layers.map((layer) => layer.kind)).toEqual([kind])
    const input = Array.from({ length: 12 }, (_, at) => ((seed * 31 + at * 57) % 221) - 100)
    const exact = evaluateExactly(graph, input)
    expect(evaluateTensors(graph, input).map((values) => Array.from(values, BigInt))).toEqual(exact)
    if (exact[1]?.some((value) => value !== exact[1]?.[0])) differing += 1
  }
  expect(kind === 'argMax' || differing > 0).toBe(true)
})

test('every member of a graph matters to the reader', () => {
  const graph = graphOf(
    12,
    layerKinds.map((kind, at) => ({ kind, seed: 97 + at })),
  )
  let refused = 0
  const spoil = (value: unknown): unknown[] => {
    if (Array.isArray(value)) {
      const at = value.length - 1
      return ['list', [...value, 0.5], ...spoil(value[at]).map((spoilt) => value.with(at, spoilt))]
    }
    if (typeof value === 'object' && value !== null) {
      return Object.entries(value).flatMap(([name, member]) => [
        Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)),
        { ...value, [name]: Symbol.iterator, other: 1 },
        ...spoil(member).map((spoilt) => ({ ...value, [name]: spoilt })),
      ])
    }
    return typeof value === 'string' ? [7] : [0.5, '1', 2 ** 60]
  }
  const layers = graph.layers.flatMap((layer, index) =>
    spoil(layer).map((spoilt) => ({ ...graph, layers: graph.layers.with(index, spoilt as never) })),
  )
  for (const json of [...spoil({ ...graph, layers: graph.layers.slice(0, 1) }), ...layers]) {
    expect(readFixedPointGraph(json).ok).toBe(false)
    refused += 1
  }
  expect(refused).toBeGreaterThan(200)
})
