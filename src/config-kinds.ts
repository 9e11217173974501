/*
 * What every kind of value in vouch.yaml is made of: a schema and a parser that agree. What holds no reference to the
 * environment is taken by both or by neither (test/property/config-schema.property.test.ts).
 */
import { err, type Result } from './base/result.ts'
import type { JsonSchema, Key } from './config-fields.ts'
import { interpolatedPattern, textPattern } from './config-interpolation.ts'
import { entriesOf, report, type Scalar, type Spot, scalarAt } from './config-source.ts'

/** What every value says of itself. Without a default it must be given, unless it is `optional(…)`. */
export type Said<T> = {
  /** A full sentence or two: what it is, in which unit, what is so without it. */
  readonly says: string
  readonly default?: T
  readonly examples?: readonly (string | number)[]
}

export type Kind<T> = {
  readonly expected: string
  readonly schema: JsonSchema
  /** The error says what was expected. */
  readonly parse: (scalar: Scalar) => Result<T, string>
}

/** `$defs` of the schema. What a reference comes to is known where the file is read, and only there. */
export const definedSchemas: JsonSchema = {
  reference: {
    description: `A value with \${NAME} or \${NAME:-default} of the environment in it.`,
    type: 'string',
    pattern: interpolatedPattern,
  },
  text: { type: 'string', pattern: textPattern },
}

export const orReference = (...schemas: readonly JsonSchema[]): JsonSchema => ({
  anyOf: [...schemas, { $ref: '#/$defs/reference' }],
})

/** As it is written in a file, and what that comes to. */
export type Default<T> = { readonly written: string | number | boolean; readonly value: T }

export const asWritten = <T extends string | number | boolean>(
  value: T | undefined,
): Default<T> | undefined => (value === undefined ? undefined : { written: value, value })

/** One scalar; without a default it must be written. */
export function keyOf<T>(
  said: Said<unknown>,
  kind: Kind<T>,
  fallback: Default<T> | undefined,
): Key<T> {
  return {
    schema: {
      description: said.says,
      ...kind.schema,
      ...(fallback !== undefined && { default: fallback.written }),
      ...(said.examples !== undefined && { examples: said.examples }),
    },
    isRequired: fallback === undefined,
    read: (spot) => {
      if (spot.node !== undefined || fallback === undefined) return readScalar(spot, kind)
      settle(spot, fallback.value)
      return fallback.value
    },
  }
}

function readScalar<T>(spot: Spot, kind: Kind<T>): T {
  const faultsBefore = spot.source.faults.length
  const scalar = scalarAt(spot)
  const parsed = scalar === undefined ? err(kind.expected) : kind.parse(scalar)
  if (parsed.ok) {
    settle(spot, parsed.value)
    return parsed.value
  }
  // A reference to a variable that is not there is told already.
  if (spot.source.faults.length === faultsBefore) report(spot, parsed.error)
  return undefined as never
}

const settle = (spot: Spot, value: unknown): void =>
  void spot.source.settings.set(spot.path, JSON.stringify(value))

/** A list of such scalars, at least one. */
export function listOf<T>(
  said: { readonly says: string },
  kind: Kind<T>,
  what: string,
): Key<readonly T[]> {
  return {
    schema: { description: said.says, type: 'array', minItems: 1, items: kind.schema },
    isRequired: true,
    read: (spot) => {
      const entries = entriesOf(spot)
      if (entries.length === 0) report(spot, `a list with at least one ${what}`)
      return entries.map((entry) => readScalar(entry, kind))
    },
  }
}
