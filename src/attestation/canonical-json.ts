/*
 * RFC 8785 (JSON Canonicalization Scheme). ECMAScript's own number and string serialisation is what the RFC prescribes, so
 * only the order of keys is left to do: by UTF-16 code units (section 3.2.3), which is how `sort` compares by default.
 */

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** Throws a TypeError for what JSON cannot carry (NaN, infinities, lone surrogates: RFC 8785 section 3.2.2). */
export function canonicalJson(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('JSON has no NaN and no infinity')
  }
  if (typeof value === 'string') return canonicalString(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${canonicalString(key)}:${canonicalJson(value[key] as Json)}`)
  return `{${members.join(',')}}`
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a JSON string holds no lone surrogate')
  return JSON.stringify(text)
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value)
