/* Members of JSON that nobody has checked yet, each with its place for the message. */
import { GraphFaultError } from './graph-fault.ts'
import { nameLengthMax } from './limits.ts'

export type Place = { readonly value: unknown; readonly place: string }

export const wrong = (place: string, detail: string): never => {
  throw new GraphFaultError({ place, detail })
}

/** An object that has these members and no others. */
export function objectWith<Name extends string>(
  { value, place }: Place,
  names: readonly Name[],
): Record<Name, Place> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrong(place, 'is no object')
  }
  const unknownName = Object.keys(value).find((name) => !names.some((known) => known === name))
  if (unknownName !== undefined) return wrong(place, `has a member ${shown(unknownName)}`)
  const members = names.map((name) => {
    if (!Object.hasOwn(value, name)) return wrong(place, `has no ${name}`)
    const member = (value as Readonly<Record<string, unknown>>)[name]
    return [name, { value: member, place: place === '' ? name : `${place}.${name}` }] as const
  })
  return Object.fromEntries(members) as Record<Name, Place>
}

export function listOf(
  { value, place }: Place,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): readonly Place[] {
  if (!Array.isArray(value)) return wrong(place, 'is no list')
  if (value.length < min || value.length > max) {
    return wrong(place, `has ${value.length} members instead of ${min} to ${max}`)
  }
  return value.map((member, index) => ({ value: member, place: `${place}[${index}]` }))
}

export function integer(
  { value, place }: Place,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const isInside =
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
  return isInside ? value + 0 : wrong(place, `is no integer from ${min} to ${max}`)
}

/** Faster than `listOf`: graphs have millions. */
export function integers(
  { value, place }: Place,
  terms: {
    readonly min: number
    readonly max: number
    readonly lengthMin?: number
    readonly lengthMax: number
  },
): readonly number[] {
  if (!Array.isArray(value)) return wrong(place, 'is no list')
  const { min, max, lengthMin = 0, lengthMax } = terms
  if (value.length < lengthMin || value.length > lengthMax) {
    return wrong(place, `has ${value.length} members instead of ${lengthMin} to ${lengthMax}`)
  }
  return value.map((member: unknown, index) => {
    const isInside =
      typeof member === 'number' && Number.isInteger(member) && member >= min && member <= max
    return isInside
      ? member + 0
      : wrong(`${place}[${index}]`, `is no integer from ${min} to ${max}`)
  })
}

export function text({ value, place }: Place): string {
  const isText = typeof value === 'string' && value.length <= nameLengthMax
  return isText ? value : wrong(place, `is no text of up to ${nameLengthMax} characters`)
}

export function constant<T extends string | number>({ value, place }: Place, expected: T): T {
  return value === expected ? expected : wrong(place, `is not ${expected}`)
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 40))
