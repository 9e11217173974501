/* What chooses between wires: a comparison gives a bit, and a product with that bit selects. */
import type { Wire } from './circuit-program.ts'
import {
  combination,
  type ProgramBuilder,
  product,
  type Range,
  rangeOf,
  signs,
} from './program-builder.ts'

/** Each max(x, 0). `known` are the signs of x where a shift gave them already. */
export function positivePart(
  builder: ProgramBuilder,
  of: readonly Wire[],
  known: readonly Wire[] = [],
): readonly Wire[] {
  const ranges = of.map((wire) => rangeOf(builder, wire))
  if (ranges.every(({ least }) => least >= 0)) return of
  const isPositive = known.length === of.length ? known : signs(builder, of)
  const clipped = ranges.map(({ least, greatest }) => ({
    least: Math.max(least, 0),
    greatest: Math.max(greatest, 0),
  }))
  return product(builder, { a: isPositive, b: of }, clipped)
}

/** Each max(x, bound). */
export function atLeast(
  builder: ProgramBuilder,
  of: readonly Wire[],
  bound: number,
): readonly Wire[] {
  if (of.every((wire) => rangeOf(builder, wire).least >= bound)) return of
  const above = combination(builder, [of], { weights: [1], bias: -bound })
  const kept = positivePart(builder, above)
  return combination(builder, [kept], { weights: [1], bias: bound })
}

/** Each min(x, bound). */
export function atMost(
  builder: ProgramBuilder,
  of: readonly Wire[],
  bound: number,
): readonly Wire[] {
  if (of.every((wire) => rangeOf(builder, wire).greatest <= bound)) return of
  const below = combination(builder, [of], { weights: [-1], bias: bound })
  const kept = positivePart(builder, below)
  return combination(builder, [kept], { weights: [-1], bias: bound })
}

/** Each max(a, b). */
export function greaterOf(
  builder: ProgramBuilder,
  a: readonly Wire[],
  b: readonly Wire[],
): readonly Wire[] {
  const ahead = combination(builder, [a, b], { weights: [1, -1], bias: 0 })
  const lead = positivePart(builder, ahead)
  const ranges = a.map((wire, element) => {
    const ofA = rangeOf(builder, wire)
    const ofB = rangeOf(builder, b[element] ?? -1)
    return {
      least: Math.max(ofA.least, ofB.least),
      greatest: Math.max(ofA.greatest, ofB.greatest),
    }
  })
  return combination(builder, [b, lead], { weights: [1, 1], bias: 0 }, ranges)
}

/** Each `whenOne` where the bit is 1, `whenZero` where it is 0. */
export function selected(
  builder: ProgramBuilder,
  {
    bits,
    whenOne,
    whenZero,
  }: {
    readonly bits: readonly Wire[]
    readonly whenOne: readonly Wire[]
    readonly whenZero: readonly Wire[]
  },
): readonly Wire[] {
  const difference = combination(builder, [whenOne, whenZero], { weights: [1, -1], bias: 0 })
  const added = product(builder, { a: bits, b: difference })
  const ranges = whenOne.map((wire, element) =>
    hull(rangeOf(builder, wire), rangeOf(builder, whenZero[element] ?? -1)),
  )
  return combination(builder, [whenZero, added], { weights: [1, 1], bias: 0 }, ranges)
}

const hull = (a: Range, b: Range): Range => ({
  least: Math.min(a.least, b.least),
  greatest: Math.max(a.greatest, b.greatest),
})
