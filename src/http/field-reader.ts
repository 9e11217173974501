import type { RequestRefusal } from '../domain/refusal.ts'
import { printable } from './described-error.ts'

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The first thing that is wrong with a body; one for all readers of its objects. */
export type Verdict = { refusal: RequestRefusal | undefined }

type Range = { readonly min: number; readonly max: number }

/**
 * Reads the members of one object of a body. What is wrong is kept, not thrown, and reading goes on with undefined: so a
 * reader of many members is a list of them, and asks for the verdict once, at its end. Null is the same as absent.
 */
export class FieldReader {
  /** Where the object stands in the body, such as `input[2]`; empty for the body itself. */
  readonly at: string
  readonly #fields: Fields
  readonly #verdict: Verdict
  readonly #read = new Set<string>()

  constructor(fields: Fields, verdict: Verdict, at = '') {
    this.#fields = fields
    this.#verdict = verdict
    this.at = at
  }

  raw(name: string): unknown {
    this.#read.add(name)
    return this.#fields[name] ?? undefined
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'string') return value
    return this.mistyped(name, 'a string')
  }

  /** A text that must be there. The empty text stands in where it is not, and never gets out. */
  requiredText(name: string): string {
    if (this.raw(name) === undefined) this.missing(name)
    return this.text(name) ?? ''
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name)
    if (value === undefined || typeof value === 'boolean') return value
    return this.mistyped(name, 'a boolean')
  }

  wholeNumber(name: string, { min, max }: Range): number | undefined {
    const value = this.raw(name)
    if (value === undefined) return undefined
    const expected = `a whole number from ${min} to ${max}`
    if (typeof value !== 'number') return this.mistyped(name, expected)
    return Number.isInteger(value) && value >= min && value <= max
      ? value
      : this.unfit(name, expected)
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name)
    if (value === undefined) return undefined
    return values.find((one) => one === value) ?? this.unfit(name, `one of ${values.join(', ')}`)
  }

  fields(name: string): Fields | undefined {
    const value = this.raw(name)
    return value === undefined || isFields(value) ? value : this.mistyped(name, 'an object')
  }

  object(name: string): FieldReader | undefined {
    const fields = this.fields(name)
    return fields && new FieldReader(fields, this.#verdict, this.param(name))
  }

  list(name: string, expected = 'an array'): readonly unknown[] | undefined {
    const value = this.raw(name)
    return value === undefined || Array.isArray(value) ? value : this.mistyped(name, expected)
  }

  /** The objects of an array, each with its own reader; none where one of them is not an object. */
  objects(name: string, expected?: string): readonly FieldReader[] | undefined {
    const values = this.list(name, expected)
    if (values === undefined) return undefined
    const wrong = values.findIndex((value) => !isFields(value))
    if (wrong >= 0) return this.mistyped(`${name}[${wrong}]`, 'an object')
    return values.map(
      (value, index) =>
        new FieldReader(value as Fields, this.#verdict, `${this.param(name)}[${index}]`),
    )
  }

  missing(name: string): undefined {
    return this.refuse({ reason: 'missing_required_parameter', param: this.param(name) })
  }

  mistyped(name: string, expected: string): undefined {
    return this.refuse({ reason: 'invalid_type', param: this.param(name), expected })
  }

  unfit(name: string, expected: string): undefined {
    return this.refuse({ reason: 'invalid_value', param: this.param(name), expected })
  }

  unsupported(name: string, detail: string): undefined {
    return this.refuse({ reason: 'unsupported_parameter', param: this.param(name), detail })
  }

  /** Refuses every member that was not read: a wish that nobody heard is not granted in silence. */
  refuseOthers(detail: string): void {
    for (const name of Object.keys(this.#fields)) {
      if (!this.#read.has(name) && this.#fields[name] != null) this.unsupported(name, detail)
    }
  }

  refuse(refusal: RequestRefusal): undefined {
    this.#verdict.refusal ??= refusal
    return undefined
  }

  /** How OpenAI names a member in its errors. Names are the caller's own text. */
  param(name: string): string {
    return this.at === '' ? printable(name) : `${this.at}.${printable(name)}`
  }
}
