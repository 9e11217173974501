import { describe, expect, test } from 'vitest'
import { Counter, Histogram, textOf } from '../../../src/gateway/prometheus-text.ts'

const told = { name: 'seconds', help: 'How long.' }

test('a counter has a line for each of its series', () => {
  const counter = new Counter({ name: 'asks_total', help: 'Asked.' }, ['who', 'how'])
  counter.add('a', 'well')
  counter.add('b', 'well')
  counter.add('a', 'well')
  expect(textOf([counter.family()])).toBe(
    `# HELP asks_total Asked.
# TYPE asks_total counter
asks_total{who="a",how="well"} 2
asks_total{who="b",how="well"} 1
`,
  )
})

test('what a name is made of cannot end its label', () => {
  const counter = new Counter({ name: 'n_total', help: 'h' }, ['name'])
  counter.add('a"b\\c\nd')
  expect(textOf([counter.family()])).toContain('n_total{name="a\\"b\\\\c\\nd"} 1\n')
})

test('a metric without a series is announced, and one without labels has none', () => {
  expect(textOf([new Counter(told, ['x']).family()])).toBe(
    '# HELP seconds How long.\n# TYPE seconds counter\n',
  )
  const counter = new Counter(told, [])
  counter.add()
  expect(textOf([counter.family()])).toContain('\nseconds 1\n')
})

describe('a histogram', () => {
  test('counts up to each bound, the bound included, and beyond them all', () => {
    const histogram = new Histogram(told, ['model'], [0.1, 1])
    for (const value of [0, 0.1, 0.5, 1, 7]) histogram.observe(value, 'm')
    expect(textOf([histogram.family()])).toBe(
      `# HELP seconds How long.
# TYPE seconds histogram
seconds_bucket{model="m",le="0.1"} 2
seconds_bucket{model="m",le="1"} 4
seconds_bucket{model="m",le="+Inf"} 5
seconds_sum{model="m"} 8.6
seconds_count{model="m"} 5
`,
    )
  })

  test('takes no more series than are good for anybody', () => {
    const histogram = new Histogram(told, ['model'], [1])
    for (let model = 0; model < 5_000; model += 1) histogram.observe(0, `m${model}`)
    const counts = histogram.family().samples.filter(({ suffix }) => suffix === '_count')
    expect(counts.length).toBeLessThan(2_500)
    expect(counts.reduce((sum, { value }) => sum + value, 0)).toBe(5_000)
    expect(counts.at(-1)?.labels).toEqual({ model: 'other' })
  })
})
