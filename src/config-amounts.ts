import { assert } from './base/assert.ts'
import { err, ok, type Result } from './base/result.ts'
import type { Key, Section } from './config-fields.ts'
import { type Kind, keyOf, orReference, type Said } from './config-kinds.ts'
import { type AtomicAmount, atomic } from './domain/units.ts'

/** Digits with an optional fraction: exact, whatever the decimals of the asset. */
export type Decimal = { readonly whole: string; readonly fraction: string }

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
