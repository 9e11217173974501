/*
 * The kinds of values in vouch.yaml. Each is a schema and a parser that agree: what holds no reference to the environment is
 * taken by both or by neither (test/property/config-schema.property.test.ts).
 */
import { assert } from './base/assert.ts'
import { err, ok, type Result } from './base/result.ts'
import type { JsonSchema, Key, Section } from './config-fields.ts'
import { interpolatedPattern, textPattern } from './config-interpolation.ts'
import { entriesOf, report, type Scalar, type Spot, scalarAt } from './config-source.ts'
import { type Address, type AtomicAmount, address as asAddress, atomic } from './domain/units.ts'

/** What every value says of itself. Without a default it must be given, unless it is `optional(…)`. */
type Said<T> = {
  /** A full sentence or two: what it is, in which unit, what is so without it. */
  readonly says: string
  readonly default?: T
  readonly examples?: readonly (string | number)[]
}

type Kind<T> = {
  readonly expected: string
  readonly schema: JsonSchema
  /** The error says what was expected. */
  readonly parse: (scalar: Scalar) => Result<T, string>
}

/** Digits with an optional fraction: exact, whatever the decimals of the asset. */
export type Decimal = { readonly whole: string; readonly fraction: string }

/** `$defs` of the schema: what a reference comes to is known where the file is read, and only there. */
export const definedSchemas: JsonSchema = {
  reference: {
    description: `A value with \${NAME} or \${NAME:-default} of the environment in it.`,
    type: 'string',
    pattern: interpolatedPattern,
  },
}

const orReference = (...schemas: readonly JsonSchema[]): JsonSchema => ({
  anyOf: [...schemas, { $ref: '#/$defs/reference' }],
})

const textKind: Kind<string> = {
  expected: 'text',
  schema: { type: 'string', pattern: textPattern },
  parse: ({ value }) => (typeof value === 'string' && value !== '' ? ok(value) : err('text')),
}

export const text = (said: Said<string>): Key<string> =>
  keyOf(said, textKind, asWritten(said.default))

/** Path of a file, meant from the folder of vouch.yaml. */
export const file = (said: Said<string>): Key<string> => text(said)

/** The same of a file that nobody else may read. */
export function secretFile(said: Said<string>): Key<string> {
  const key = file(said)
  const read = (spot: Spot): string => {
    const path = key.read(spot)
    spot.source.secretFiles.set(spot.path, path)
    return path
  }
  return { ...key, read }
}

/** Text that a regular expression describes from `^` to `$`, and that is never with a `${`, so that references stand out. */
export function textLike(
  said: Said<string> & { readonly pattern: string; readonly expected: string },
): Key<string> {
  const { expected } = said
  const pattern = said.pattern.replace('^', '^(?!.*\\$\\{)')
  const form = new RegExp(pattern, 'u')
  const kind: Kind<string> = {
    expected,
    schema: orReference({ type: 'string', pattern }),
    parse: ({ value }) =>
      typeof value === 'string' && form.test(value) ? ok(value) : err(expected),
  }
  return keyOf(said, kind, asWritten(said.default))
}

/** A short name of printable ASCII without spaces: it stands in headers and in log lines. */
export const name = (said: Said<string>): Key<string> =>
  textLike({
    ...said,
    pattern: '^[!-~]{1,64}$',
    expected: 'a name of up to 64 printable ASCII characters without spaces',
  })

export function integer(
  said: Said<number> & { readonly min: number; readonly max: number },
): Key<number> {
  const { min, max } = said
  const expected = `a whole number from ${min} to ${max}`
  const kind: Kind<number> = {
    expected,
    schema: orReference({ type: 'integer', minimum: min, maximum: max }),
    parse: ({ value, isReference }) => {
      const isDigits = isReference && /^\d+$/.test(String(value))
      const number = isDigits ? Number(value) : value
      const fits =
        typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
      return fits ? ok(number) : err(expected)
    },
  }
  return keyOf(said, kind, asWritten(said.default))
}

/** true or false. */
export function flag(said: Said<boolean>): Key<boolean> {
  const expected = 'true or false'
  const kind: Kind<boolean> = {
    expected,
    schema: orReference({ type: 'boolean' }),
    parse: ({ value, isReference }) => {
      if (typeof value === 'boolean') return ok(value)
      const isWord = isReference && (value === 'true' || value === 'false')
      return isWord ? ok(value === 'true') : err(expected)
    },
  }
  return keyOf(said, kind, asWritten(said.default))
}

const addressKind: Kind<Address> = {
  expected: 'an address (0x and 40 digits)',
  schema: orReference({ type: 'string', pattern: '^0x[0-9a-fA-F]{40}$' }),
  parse: ({ value }) => {
    if (typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value)) return ok(asAddress(value))
    // YAML reads an unquoted 0x… as a number, and rounds it.
    if (typeof value !== 'number') return err(addressKind.expected)
    return err('an address in quotes: YAML reads 0x… without quotes as a number')
  },
}

export const address = (said: Said<Address>): Key<Address> =>
  keyOf(said, addressKind, asWritten(said.default))

/** One address or more. */
export const addresses = (said: { readonly says: string }): Key<readonly Address[]> =>
  listOf(said, addressKind, 'address')

/** One name of a host or more, without scheme and port. */
export const hosts = (said: { readonly says: string }): Key<readonly string[]> =>
  listOf(said, hostKind, 'host')

function listOf<T>(
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

/** One of these words or more. */
export function wordsOf<const Word extends string>(
  said: { readonly says: string },
  words: readonly Word[],
): Key<readonly Word[]> {
  const expected = `one of ${words.join(', ')}`
  const schema = orReference({ enum: words })
  const parse = ({ value }: Scalar): Result<Word, string> => {
    const word = words.find((one) => one === value)
    return word === undefined ? err(expected) : ok(word)
  }
  return listOf(said, { expected, schema, parse }, 'word')
}

const hostNamePattern = '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$'
const hostKind: Kind<string> = {
  expected: 'the lower-case name of a host, such as api.openai.com',
  schema: orReference({ type: 'string', pattern: hostNamePattern }),
  parse: ({ value }) =>
    typeof value === 'string' && new RegExp(hostNamePattern).test(value)
      ? ok(value)
      : err(hostKind.expected),
}

/** Smaller and larger numbers are written with an exponent or are rounded. */
const plainNumber = { minimum: 1e-6, maximum: Number.MAX_SAFE_INTEGER }
const decimalPattern = '^[0-9]{1,20}(\\.[0-9]{1,30})?$'
const decimalExpected = 'an amount, such as "0.25"'

const amountKind: Kind<Decimal> = {
  expected: decimalExpected,
  schema: orReference(
    { type: 'string', pattern: decimalPattern },
    { type: 'number', anyOf: [{ const: 0 }, plainNumber] },
  ),
  parse: ({ value, written }) => {
    if (typeof value === 'string') return parseDecimal(value)
    const isPlain =
      value === 0 ||
      (typeof value === 'number' && value >= plainNumber.minimum && value <= plainNumber.maximum)
    return isPlain ? parseDecimal(written) : err(decimalExpected)
  },
}

/** An amount in whole units with decimals, such as "0.25"; see `atomicAmount`. */
export function amount(said: Said<string>): Key<Decimal> {
  if (said.default === undefined) return keyOf(said, amountKind, undefined)
  const parsed = parseDecimal(said.default)
  assert(parsed.ok, 'a default is something that could be written')
  return keyOf(said, amountKind, { written: said.default, value: parsed.value })
}

function parseDecimal(written: string): Result<Decimal, string> {
  if (!new RegExp(decimalPattern).test(written)) return err(decimalExpected)
  const [whole = '', fraction = ''] = written.split('.')
  return ok({ whole, fraction })
}

/** What is written at `key`, in atomic units of an asset with so many decimals. Throws ConfigFault. */
export function atomicAmount<Name extends string>(
  section: Section<{ readonly [key in Name]: Decimal | undefined }>,
  key: Name,
  decimals: number,
): AtomicAmount {
  const { whole, fraction } = section.values[key] ?? section.refuse(key, decimalExpected)
  if (fraction.length > decimals) {
    section.refuse(key, `an amount with at most ${decimals} decimals, such as "0.25"`)
  }
  return atomic(BigInt(whole + fraction.padEnd(decimals, '0')))
}

const hostPattern = '([^\\s/?#@{}:[\\]\\\\]+|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?'
const pathPattern = '(/[^\\s?#@{}\\\\]*)?'

/** A URL of a service, without slashes at its end. `endsIn` is a path such as `/v1`. */
export function url(said: Said<string> & { readonly endsIn?: string }): Key<string> {
  const { endsIn } = said
  const pattern = `^https?://${hostPattern}${pathPattern}${endsIn === undefined ? '' : `${endsIn}/*`}$`
  const expected = 'a URL that starts with http:// or https://'
  const kind: Kind<string> = {
    expected,
    schema: orReference({ type: 'string', pattern }),
    parse: ({ value }) => {
      if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value)) {
        return err(expected)
      }
      if (/[?#@]/.test(value)) return err('a URL without user, password, query or fragment')
      const trimmed = value.replace(/\/+$/, '')
      if (endsIn !== undefined && !trimmed.endsWith(endsIn)) {
        return err(`an OpenAI base URL, which ends in ${endsIn}`)
      }
      return new RegExp(pattern, 'u').test(value) ? ok(trimmed) : err(expected)
    },
  }
  return keyOf(said, kind, asWritten(said.default))
}

/** A URL that may hold a password, and that no fault shows. */
export function secretUrl(
  said: Said<string> & { readonly schemes: readonly string[] },
): Key<string> {
  const [pattern, expected] = urlOfSchemes(said.schemes)
  return { ...textLike({ ...said, pattern, expected }), isSecret: true }
}

export const urlOfSchemes = (schemes: readonly string[]): readonly [string, string] => [
  `^(${schemes.join('|')})://[^\\s]+$`,
  `a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`,
]

/** As it is written in a file, and what that comes to. */
type Default<T> = { readonly written: string | number | boolean; readonly value: T }

const asWritten = <T extends string | number | boolean>(
  value: T | undefined,
): Default<T> | undefined => (value === undefined ? undefined : { written: value, value })

/** One scalar; without a default it must be written. */
function keyOf<T>(said: Said<unknown>, kind: Kind<T>, fallback: Default<T> | undefined): Key<T> {
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
