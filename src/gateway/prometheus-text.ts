/*
 * Counters and histograms, and their text as Prometheus reads it (exposition format 0.0.4). Written here because it is a page
 * and runs for every request: the usual library, prom-client, brings three packages more.
 */

type Labels = Readonly<Record<string, string>>
export type Sample = { readonly labels: Labels; readonly value: number }

/** One metric, all of its series. */
export type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Of a histogram under its name and suffix. */
  readonly samples: readonly (Sample & { readonly suffix?: '_bucket' | '_sum' | '_count' })[]
}

export const textOf = (families: readonly Family[]): string => families.map(familyText).join('')

function familyText({ name, help, type, samples }: Family): string {
  const lines = samples.map(
    ({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}`,
  )
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string =>
  value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))

/** So many series of one metric: names are the operator's and lenders', and must not grow without end. */
const seriesMax = 2_000
/** Where all that come after them are counted. */
const other = 'other'

/** What is counted by a few values. They are looked up one after the other: to join them for each request costs more. */
class Series<T> {
  readonly #names: readonly string[]
  readonly #create: () => T
  readonly #all: { readonly values: readonly string[]; readonly series: T }[] = []
  readonly #root = newBranch<T>()

  constructor(names: readonly string[], create: () => T) {
    this.#names = names
    this.#create = create
  }

  of(...values: readonly string[]): T {
    let branch: Branch<T> | undefined = this.#root
    for (const value of values) branch = branch?.below.get(value)
    return branch?.series ?? this.#add(values)
  }

  all(): readonly { readonly labels: Labels; readonly series: T }[] {
    return this.#all.map(({ values, series }) => ({
      labels: Object.fromEntries(this.#names.map((name, index) => [name, values[index] ?? ''])),
      series,
    }))
  }

  #add(values: readonly string[]): T {
    const isOther = values.every((value) => value === other)
    if (this.#all.length >= seriesMax && !isOther) return this.of(...values.map(() => other))
    let branch = this.#root
    for (const value of values) {
      const below = branch.below.get(value) ?? newBranch<T>()
      branch.below.set(value, below)
      branch = below
    }
    const series = this.#create()
    branch.series = series
    this.#all.push({ values, series })
    return series
  }
}

/** All series that begin with the same values. */
type Branch<T> = { readonly below: Map<string, Branch<T>>; series: T | undefined }

const newBranch = <T>(): Branch<T> => ({ below: new Map(), series: undefined })

export class Counter {
  readonly #series: Series<{ count: number }>
  readonly #told: Pick<Family, 'name' | 'help'>

  constructor(told: Pick<Family, 'name' | 'help'>, labels: readonly string[]) {
    this.#told = told
    this.#series = new Series(labels, () => ({ count: 0 }))
  }

  add(...values: readonly string[]): void {
    this.#series.of(...values).count += 1
  }

  family(): Family {
    const samples = this.#series
      .all()
      .map(({ labels, series }) => ({ labels, value: series.count }))
    return { ...this.#told, type: 'counter', samples }
  }
}

export class Histogram {
  readonly #bounds: readonly number[]
  readonly #series: Series<{ readonly counts: number[]; sum: number }>
  readonly #told: Pick<Family, 'name' | 'help'>

  /** `bounds`: upper ones, rising. */
  constructor(
    told: Pick<Family, 'name' | 'help'>,
    labels: readonly string[],
    bounds: readonly number[],
  ) {
    this.#told = told
    this.#bounds = bounds
    const empty = () => ({ counts: Array<number>(bounds.length + 1).fill(0), sum: 0 })
    this.#series = new Series(labels, empty)
  }

  observe(value: number, ...values: readonly string[]): void {
    const series = this.#series.of(...values)
    let bucket = 0
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] ?? 0)) bucket += 1
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    series.sum += value
  }

  family(): Family {
    const samples = this.#series.all().flatMap(({ labels, series }) => {
      let count = 0
      const buckets = series.counts.map((inBucket, index) => {
        count += inBucket
        const le = String(this.#bounds[index] ?? '+Inf')
        return { suffix: '_bucket', labels: { ...labels, le }, value: count } as const
      })
      return [
        ...buckets,
        { suffix: '_sum', labels, value: series.sum } as const,
        { suffix: '_count', labels, value: count } as const,
      ]
    })
    return { ...this.#told, type: 'histogram', samples }
  }
}
