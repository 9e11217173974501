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

/**
 * What the RFC refuses (section 3.2.2: half of a surrogate pair, a number beyond doubles) is written as JSON.stringify
 * writes it: an engine may cut an answer anywhere, and its hash must exist.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`)
  return `{${members.join(',')}}`
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value)
