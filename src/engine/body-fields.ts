import { invalidType, type OpenAiRefusal, outOfBounds } from '../contributor/openai-refusal.ts'

/** The members of a JSON object. */
export type Fields = { readonly [name: string]: unknown }

/**
 * Reads members of a request body. A member that is missing or null counts as not given and reads
 * as undefined. The first wrong member is remembered, later ones are not looked at: a caller reads
 * everything, then asks `refusal()` once.
 */
export type FieldReader = {
  readonly decimal: (name: string, range: Range) => number | undefined
  readonly integer: (name: string, range: Range) => number | undefined
  readonly boolean: (name: string) => boolean | undefined
  readonly object: (name: string) => Fields | undefined
  /** What the reader's own checks miss. The first refusal stays. */
  readonly refuse: (refusal: OpenAiRefusal) => undefined
  readonly refusal: () => OpenAiRefusal | undefined
}

type Range = { readonly min: number; readonly max: number }

export function startFieldReader(fields: Fields): FieldReader {
  let first: OpenAiRefusal | undefined

  function refuse(refusal: OpenAiRefusal): undefined {
    first ??= refusal
  }

  function number(
    name: string,
    wanted: Range & { readonly kind: 'decimal' | 'integer' },
  ): number | undefined {
    const value = fields[name] ?? undefined
    if (value === undefined) return undefined
    const isKind = wanted.kind === 'decimal' || Number.isInteger(value)
    if (typeof value !== 'number' || !isKind) {
      const expected = wanted.kind === 'decimal' ? 'a decimal' : 'an integer'
      return refuse(invalidType({ param: name, expected, got: kindOf(value) }))
    }
    if (value < wanted.min) return refuse(belowMin(name, { ...wanted, value }))
    if (value > wanted.max) return refuse(aboveMax(name, { ...wanted, value }))
    return value
  }

  return {
    decimal: (name, range) => number(name, { ...range, kind: 'decimal' }),
    integer: (name, range) => number(name, { ...range, kind: 'integer' }),
    boolean: (name) => {
      const value = fields[name] ?? undefined
      if (value === undefined || typeof value === 'boolean') return value
      return refuse(invalidType({ param: name, expected: 'a boolean', got: kindOf(value) }))
    },
    object: (name) => {
      const value = fields[name] ?? undefined
      if (value === undefined || isFields(value)) return value
      return refuse(invalidType({ param: name, expected: 'an object', got: kindOf(value) }))
    },
    refuse,
    refusal: () => first,
  }
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a JSON value is, with its article, for the end of a sentence. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (Number.isInteger(value)) return 'an integer'
  return typeof value === 'number' ? 'a decimal' : `a ${typeof value}`
}

type NumberOutside = Range & { readonly kind: 'decimal' | 'integer'; readonly value: number }

const belowMin = (param: string, outside: NumberOutside): OpenAiRefusal =>
  outOfBounds({
    param,
    code: `${outside.kind}_below_min_value`,
    complaint: `${outside.kind} below minimum value`,
    expected: `a value >= ${outside.min}`,
    got: String(outside.value),
  })

const aboveMax = (param: string, outside: NumberOutside): OpenAiRefusal =>
  outOfBounds({
    param,
    code: `${outside.kind}_above_max_value`,
    complaint: `${outside.kind} above maximum value`,
    expected: `a value <= ${outside.max}`,
    got: String(outside.value),
  })
