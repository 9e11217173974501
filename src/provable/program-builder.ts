import { assert } from '../base/assert.ts'
import type {
  CircuitProgram,
  InputWire,
  LinearRow,
  LinearStep,
  Step,
  Wire,
} from './circuit-program.ts'
import { noWire } from './circuit-program.ts'
import { GraphFaultError } from './graph-fault.ts'
import { circuitTermsMax, circuitWiresMax, exactIntegerMax } from './limits.ts'

/** What a wire can be, both ends included. */
export type Range = { readonly least: number; readonly greatest: number }

/**
 * Collects the steps of a program, and of each wire what it can be. Only the functions of this file append to it. They give the
 * wires that they made.
 */
export type ProgramBuilder = {
  readonly inputs: readonly InputWire[]
  readonly steps: Step[]
  readonly ranges: Range[]
  /** Of all linear steps. */
  terms: number
}

export const newProgram = (inputs: readonly InputWire[]): ProgramBuilder => ({
  inputs,
  steps: [],
  ranges: inputs.map(({ least, greatest }) => ({ least, greatest })),
  terms: 0,
})

export const finishedProgram = (
  { inputs, steps, ranges }: ProgramBuilder,
  outputs: readonly Wire[],
): CircuitProgram => ({ inputs, steps, outputs, wireCount: ranges.length })

export function rangeOf({ ranges }: ProgramBuilder, wire: Wire): Range {
  const range = ranges[wire]
  assert(range !== undefined, 'A step reads wires before its own')
  return range
}

/** `ranges`, where the caller knows more of the sums than their terms tell. */
export function linear(
  builder: ProgramBuilder,
  step: Pick<LinearStep, 'rows' | 'rowOf' | 'taps' | 'tapsOf'>,
  ranges: readonly Range[] = step.rowOf.map((row, element) =>
    linearRange(builder, step.rows[row], step.taps[step.tapsOf[element] ?? -1]),
  ),
): readonly Wire[] {
  return appended(builder, { ...step, kind: 'linear', first: 0, count: 0 }, ranges)
}

/** The same weights for each element: `operands[t][e]` is tap t of element e. */
export function combination(
  builder: ProgramBuilder,
  operands: readonly (readonly Wire[])[],
  row: LinearRow,
  ranges?: readonly Range[],
): readonly Wire[] {
  const count = operands[0]?.length ?? 0
  const taps = Array.from({ length: count }, (_, element) =>
    operands.map((wires) => wires[element] ?? noWire),
  )
  const tapsOf = taps.map((_, element) => element)
  return linear(builder, { rows: [row], rowOf: tapsOf.map(() => 0), taps, tapsOf }, ranges)
}

/** Wires that are always these numbers. */
export const constants = (builder: ProgramBuilder, values: readonly number[]): readonly Wire[] =>
  linear(builder, {
    rows: values.map((bias) => ({ weights: [], bias })),
    rowOf: values.map((_, element) => element),
    taps: [[]],
    tapsOf: values.map(() => 0),
  })

/** `ranges`, where the caller knows more of the products than their factors tell. */
export function product(
  builder: ProgramBuilder,
  factors: { readonly a: readonly Wire[]; readonly b: readonly Wire[] },
  ranges: readonly Range[] = factors.a.map((wire, element) =>
    productRange(builder, wire, factors.b[element] ?? noWire),
  ),
): readonly Wire[] {
  return appended(builder, { ...factors, kind: 'product', first: 0, count: 0 }, ranges)
}

export function signs(builder: ProgramBuilder, of: readonly Wire[]): readonly Wire[] {
  const bits = of.map((wire) => bitsOf(rangeOf(builder, wire)))
  return appended(
    builder,
    { kind: 'sign', first: 0, count: 0, of, bits },
    of.map(() => boolean),
  )
}

export type Shifted = {
  readonly wires: readonly Wire[]
  /** Empty where they were not asked for, where nothing was shifted away, and where nothing is negative. */
  readonly signs: readonly Wire[]
}

export function shifted(
  builder: ProgramBuilder,
  {
    of,
    shift,
    withSigns,
  }: {
    readonly of: readonly Wire[]
    readonly shift: number
    readonly withSigns: boolean
  },
): Shifted {
  if (shift === 0) return { wires: of, signs: [] }
  const ranges = of.map((wire) => rangeOf(builder, wire))
  const negatives = ranges.some(({ least }) => least < 0)
  const signed = withSigns && negatives
  const made = appended(
    builder,
    {
      kind: 'shift',
      first: 0,
      count: 0,
      of,
      bits: ranges.map((range) => Math.max(bitsOf(range), shift + 1)),
      shift,
      negatives,
      signs: signed,
    },
    [
      ...ranges.map(({ least, greatest }) => ({
        least: Math.floor(least / 2 ** shift),
        greatest: Math.floor(greatest / 2 ** shift),
      })),
      ...(signed ? of.map(() => boolean) : []),
    ],
  )
  return { wires: made.slice(0, of.length), signs: made.slice(of.length) }
}

const boolean: Range = { least: 0, greatest: 1 }

/** The least b of which −2^b ≤ v < 2^b holds in the range. */
const bitsOf = ({ least, greatest }: Range): number =>
  naturalBits(Math.max(greatest, -1 - least, 0))

/** The least b of which v < 2^b holds. */
export function naturalBits(value: number): number {
  let bits = 0
  while (value >= 2 ** bits) bits += 1
  return bits
}

function linearRange(
  builder: ProgramBuilder,
  row: LinearRow | undefined,
  taps: readonly Wire[] | undefined,
): Range {
  assert(row !== undefined && taps !== undefined, 'An element of a linear step has row and taps')
  assert(row.weights.length === taps.length, 'A tap has a weight')
  let least = row.bias
  let greatest = row.bias
  taps.forEach((wire, tap) => {
    if (wire === noWire) return
    const weight = row.weights[tap] ?? 0
    const range = rangeOf(builder, wire)
    least += Math.min(weight * range.least, weight * range.greatest)
    greatest += Math.max(weight * range.least, weight * range.greatest)
  })
  return { least, greatest }
}

function productRange(builder: ProgramBuilder, first: Wire, second: Wire): Range {
  const a = rangeOf(builder, first)
  const b = rangeOf(builder, second)
  const corners = [
    a.least * b.least,
    a.least * b.greatest,
    a.greatest * b.least,
    a.greatest * b.greatest,
  ]
  const isSquareOfZero = first === second && a.least <= 0 && a.greatest >= 0
  return { least: isSquareOfZero ? 0 : Math.min(...corners), greatest: Math.max(...corners) }
}

/** What the analysis of whole layers knows of wires: it may be more than their steps tell. */
export function narrow(
  builder: ProgramBuilder,
  wires: readonly Wire[],
  { minima, maxima }: { readonly minima: Float64Array; readonly maxima: Float64Array },
): void {
  wires.forEach((wire, element) => {
    const { least, greatest } = rangeOf(builder, wire)
    builder.ranges[wire] = {
      least: Math.max(least, minima[element] ?? least),
      greatest: Math.min(greatest, maxima[element] ?? greatest),
    }
  })
}

/** An integer beyond those of a double would make every bound behind it a guess. */
function appended(builder: ProgramBuilder, step: Step, ranges: readonly Range[]): readonly Wire[] {
  const first = builder.ranges.length
  for (const range of ranges) {
    if (!(range.least >= -exactIntegerMax && range.greatest <= exactIntegerMax)) {
      refuse('a difference or a sum of its circuit can leave the integers up to 2^53')
    }
    builder.ranges.push(range)
  }
  builder.terms += termsOf(step)
  if (builder.ranges.length > circuitWiresMax || builder.terms > circuitTermsMax) {
    refuse(`its circuit has more than ${circuitWiresMax} wires or ${circuitTermsMax} terms`)
  }
  builder.steps.push({ ...step, first, count: ranges.length })
  return ranges.map((_, element) => first + element)
}

const termsOf = (step: Step): number =>
  step.kind === 'linear' ? step.count * (1 + (step.rows[0]?.weights.length ?? 0)) : step.count

/** Caught by circuitProgramOf, which knows the layer. */
function refuse(detail: string): never {
  throw new GraphFaultError({ place: '', detail })
}
