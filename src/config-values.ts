/* The kinds of values in vouch.yaml; amounts of money are in config-amounts.ts. */
import { err, ok, type Result } from './base/result.ts'
import type { Key } from './config-fields.ts'
import { asWritten, type Kind, keyOf, listOf, orReference, type Said } from './config-kinds.ts'
import type { Scalar, Spot } from './config-source.ts'
import { type Address, address as asAddress } from './domain/units.ts'

const textKind: Kind<string> = {
  expected: 'text',
  schema: { $ref: '#/$defs/text' },
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

/** One origin of pages or more, as browsers spell them, or `*`. */
export const origins = (said: { readonly says: string }): Key<readonly string[]> =>
  listOf(said, originKind, 'origin')

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

const originPattern =
  '^(\\*|https?://([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?)$'
const originKind: Kind<string> = {
  expected: 'an origin without a path, such as https://app.example, or *',
  schema: orReference({ type: 'string', pattern: originPattern }),
  parse: ({ value }) =>
    typeof value === 'string' && new RegExp(originPattern).test(value)
      ? ok(value)
      : err(originKind.expected),
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
