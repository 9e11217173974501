/*
 * Unknown JSON → typed data, with every fault by path. A reader of an object lists one reader for
 * each member of the type, so that a member without a reader does not compile.
 */

export type ShapeFault = {
  /** `receipt.work.status`; empty for the document itself. */
  readonly path: string
  readonly expected: string
  /** What stood there, shortened. */
  readonly found: string
}

/** Where a value stands, and the list that faults are added to. */
type ReadingPlace = { readonly path: string; readonly faults: ShapeFault[] }

/** Undefined exactly when it has added a fault. */
export type Reader<T> = (value: unknown, place: ReadingPlace) => T | undefined

/** A reader of one value; `convert` answers undefined for what is not `expected`. */
export const valueReader =
  <T>(expected: string, convert: (value: unknown) => T | undefined): Reader<T> =>
  (value, { path, faults }) => {
    const converted = convert(value)
    if (converted === undefined) faults.push({ path, expected, found: describe(value) })
    return converted
  }

/**
 * How an object treats members that its type does not have: what is hashed refuses them, an
 * envelope may grow.
 */
export type UnknownMembers = 'refused' | 'ignored'

export const objectReader =
  <T extends object>(
    readers: { readonly [K in keyof T]: Reader<T[K]> },
    unknownMembers: UnknownMembers,
  ): Reader<T> =>
  (value, { path, faults }) => {
    if (!isObject(value)) {
      faults.push({ path, expected: 'an object', found: describe(value) })
      return undefined
    }
    const faultsBefore = faults.length
    const result: Partial<T> = {}
    for (const name of Object.keys(readers) as (keyof T & string)[]) {
      const member = Object.hasOwn(value, name) ? value[name] : undefined
      const read = readers[name](member, { path: join(path, name), faults })
      if (read !== undefined) result[name] = read
    }
    if (unknownMembers === 'refused') refuseOthers(Object.keys(readers), value, { path, faults })
    return faults.length === faultsBefore ? (result as T) : undefined
  }

function refuseOthers(known: readonly string[], value: object, place: ReadingPlace): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    place.faults.push({ path: join(place.path, name), expected: 'no such field', found: 'one' })
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const foundLengthMax = 40

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length <= foundLengthMax ? text : `${text.slice(0, foundLengthMax)}…`
}
