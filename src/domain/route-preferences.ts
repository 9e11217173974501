/*
 * What a caller may say about who answers: `routing` in the body, or the same JSON in the header `x-vouch-routing`.
 */
import { err, ok, type Result } from '../base/result.ts'
import { type MicroUsd, microUsd } from './exchange.ts'
import type { RequestRefusal } from './refusal.ts'

export type RoutePreferences = {
  /** Contributors in the order in which they are asked, before all others. */
  readonly order: readonly string[] | undefined
  /** Nobody else is asked. */
  readonly only: readonly string[] | undefined
  /** Never asked. */
  readonly ignore: readonly string[] | undefined
  /** False: whoever is not in `order` is not asked; without `order`, nobody is asked after the first. */
  readonly allowFallbacks: boolean
  /** Whether a second contributor is asked while the first is silent for long; undefined leaves it to the operator. */
  readonly hedge: boolean | undefined
  /** One measure in the place of the score. */
  readonly sort: 'price' | 'latency' | 'throughput' | undefined
  /** Per million tokens. */
  readonly maxPrice: {
    readonly prompt: MicroUsd | undefined
    readonly completion: MicroUsd | undefined
  }
  /** Whoever is known to be slower to its first token is not asked. */
  readonly maxFirstTokenMs: number | undefined
  readonly region: string | undefined
  /** Requests of one caller with the same name prefer the same contributor, whatever they begin with. */
  readonly affinity: string | undefined
}

/** Of a request that says nothing of it. */
export const noPreferences: RoutePreferences = {
  order: undefined,
  only: undefined,
  ignore: undefined,
  allowFallbacks: true,
  hedge: undefined,
  sort: undefined,
  maxPrice: { prompt: undefined, completion: undefined },
  maxFirstTokenMs: undefined,
  region: undefined,
  affinity: undefined,
}

const idsMax = 32
const textMax = 128
const headerCharactersMax = 4_096
const firstTokenMsMax = 600_000
const sorts = ['price', 'latency', 'throughput'] as const

type Refused = Extract<RequestRefusal, { readonly reason: 'invalid_value' }>
type Reader<T> = (value: unknown, param: string) => Result<T, Refused>

const invalid = (param: string, expected: string): Result<never, Refused> =>
  err({ reason: 'invalid_value', param, expected })

const readText: Reader<string> = (value, param) =>
  typeof value === 'string' && value !== '' && value.length <= textMax
    ? ok(value)
    : invalid(param, `a text of 1 to ${textMax} characters`)

const readIds: Reader<readonly string[]> = (value, param) => {
  const areIds =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= idsMax &&
    value.every((id) => typeof id === 'string' && id !== '' && id.length <= textMax)
  return areIds ? ok(value) : invalid(param, `a list of 1 to ${idsMax} contributor ids`)
}

const readBoolean: Reader<boolean> = (value, param) =>
  typeof value === 'boolean' ? ok(value) : invalid(param, 'true or false')

const readSort: Reader<(typeof sorts)[number]> = (value, param) => {
  const sort = sorts.find((one) => one === value)
  return sort === undefined ? invalid(param, `one of ${sorts.join(', ')}`) : ok(sort)
}

const readFirstTokenMs: Reader<number> = (value, param) =>
  typeof value === 'number' && value >= 1 && value <= firstTokenMsMax
    ? ok(value)
    : invalid(param, `milliseconds from 1 to ${firstTokenMsMax}`)

/** Dollars as decimal digits, which tell every price exactly; a JSON number is taken for the digits that it is printed with. */
const readDollars: Reader<MicroUsd> = (value, param) => {
  const text = typeof value === 'number' ? String(value) : value
  const digits = typeof text === 'string' ? /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text) : null
  if (digits === null) {
    return invalid(param, 'US dollars per million tokens with at most 6 decimals, such as "0.25"')
  }
  const [, whole = '', fraction = ''] = digits
  return ok(microUsd(BigInt(whole + fraction.padEnd(6, '0'))))
}

const readers = {
  order: readIds,
  only: readIds,
  ignore: readIds,
  allow_fallbacks: readBoolean,
  hedge: readBoolean,
  sort: readSort,
  max_price: readMaxPrice,
  max_ttft_ms: readFirstTokenMs,
  region: readText,
  affinity: readText,
} as const satisfies Record<string, Reader<unknown>>

type Read = {
  -readonly [Name in keyof typeof readers]?: (typeof readers)[Name] extends Reader<infer T>
    ? T
    : never
}

function readMaxPrice(
  value: unknown,
  param: string,
): Result<RoutePreferences['maxPrice'], Refused> {
  return readFields(value, param, { prompt: readDollars, completion: readDollars }, (read) => ({
    prompt: read.prompt,
    completion: read.completion,
  }))
}

/** An object with no other fields than these; an unknown one is refused, because a misspelt wish would be ignored in silence. */
function readFields<Fields extends Record<string, Reader<unknown>>, T>(
  value: unknown,
  param: string,
  fields: Fields,
  build: (read: { [Name in keyof Fields]?: Fields[Name] extends Reader<infer F> ? F : never }) => T,
): Result<T, Refused> {
  const names = Object.keys(fields)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(param, 'an object')
  }
  const read: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    const reader = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (reader === undefined) {
      // Whoever wrote it finds a short name by it; anything else is not worth repeating.
      const at = /^[\w-]{1,64}$/.test(name) ? `${param}.${name}` : param
      return invalid(at, `no such member: there are only ${names.join(', ')}`)
    }
    const one = reader(field, `${param}.${name}`)
    if (!one.ok) return one
    read[name] = one.value
  }
  return ok(build(read as Parameters<typeof build>[0]))
}

/** The value of the body's `routing`. Errors name the field, such as `routing.max_price.prompt`. */
export function parseRoutePreferences(
  value: unknown,
  param = 'routing',
): Result<RoutePreferences, Refused> {
  return readFields(value, param, readers, (read: Read) => ({
    order: read.order,
    only: read.only,
    ignore: read.ignore,
    allowFallbacks: read.allow_fallbacks ?? true,
    hedge: read.hedge,
    sort: read.sort,
    maxPrice: read.max_price ?? { prompt: undefined, completion: undefined },
    maxFirstTokenMs: read.max_ttft_ms,
    region: read.region,
    affinity: read.affinity,
  }))
}

/** The value of the header `x-vouch-routing`: the same object as JSON, at most 4,096 characters. */
export function parseRoutingHeader(text: string): Result<RoutePreferences, Refused> {
  const param = 'x-vouch-routing'
  if (text.length > headerCharactersMax) {
    return invalid(param, `at most ${headerCharactersMax} characters`)
  }
  try {
    return parseRoutePreferences(JSON.parse(text), param)
  } catch {
    return invalid(param, 'a JSON object')
  }
}
