/** What compare-and-commit.lua is asked: which rows must be as they were read, and what is written then. */
export class CommitCall {
  readonly #tables = new Map<string, TableSteps>()

  /** The row of this field has this version; an empty one expects that there is no row. */
  expect(key: string, field: string, version: string): void {
    const { expected, versions } = this.#steps(key)
    expected.push(field)
    versions.push(version)
  }

  /** There is no such field: of tables whose texts have no version. */
  expectAbsent(key: string, field: string): void {
    this.#steps(key).absent.push(field)
  }

  put(key: string, field: string, text: string): void {
    this.#steps(key).puts.push(field, text)
  }

  drop(key: string, field: string): void {
    this.#steps(key).drops.push(field)
  }

  encode(): EncodedCall {
    const steps: string[] = []
    let index = 2
    for (const { expected, versions, absent, puts, drops } of this.#tables.values()) {
      index += 1
      const key = String(index)
      if (expected.length > 0) {
        steps.push('expect', key, String(expected.length), ...expected, ...versions)
      }
      if (absent.length > 0) steps.push('absent', key, String(absent.length), ...absent)
      if (puts.length > 0) steps.push('put', key, String(puts.length / 2), ...puts)
      if (drops.length > 0) steps.push('drop', key, String(drops.length), ...drops)
    }
    return { tables: [...this.#tables.keys()], steps }
  }

  #steps(key: string): TableSteps {
    let steps = this.#tables.get(key)
    if (steps === undefined) {
      steps = { expected: [], versions: [], absent: [], puts: [], drops: [] }
      this.#tables.set(key, steps)
    }
    return steps
  }
}

/** KEYS from the third on, and ARGV from the fourth on. */
export type EncodedCall = { readonly tables: readonly string[]; readonly steps: readonly string[] }

type TableSteps = {
  readonly expected: string[]
  readonly versions: string[]
  readonly absent: string[]
  readonly puts: string[]
  readonly drops: string[]
}
