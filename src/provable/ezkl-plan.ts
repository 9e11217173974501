/*
 * Which operations of ezkl a dense model becomes, so that ezkl's circuit has exactly the arithmetic of the graph. Tensors are plain
 * integers (scale 0). A sum is Einsum and Add. ⌊a / 2^s⌋ is Floor and then Div: ezkl's Div alone lets a prover round either way
 * (it asks only for |a − q · d| < d), but of a multiple of d, which Floor's unique digits make, there is one quotient. A shift of
 * many bits is several of few, because Floor wants a lookup table of 2^s rows.
 */
import { assert } from '../base/assert.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { DenseLayer, FixedPointGraph, Layer } from './fixed-point-graph.ts'
import { analyseIntervals } from './interval-analysis.ts'
import { naturalBits } from './program-builder.ts'

export type EzklOperation =
  /** y = (x · weightsᵀ + biases) · 2^lift. */
  | { readonly kind: 'dense'; readonly layer: DenseLayer; readonly lift: number }
  | { readonly kind: 'relu' }
  | ShiftOperation

/** ⌊x / 2^bits⌋; `digits` of base 2^bits hold every value. */
type ShiftOperation = {
  readonly kind: 'shift'
  readonly bits: number
  readonly digits: number
}

export type EzklPlan = {
  readonly rows: number
  readonly inputs: number
  readonly outputs: number
  readonly operations: readonly EzklOperation[]
  /** ezkl compares by digits of base 128: so many hold every value of the model. */
  readonly digits: number
  readonly logrows: number
  /** Cells of the table that all operations take together, at most. */
  readonly assignments: number
  readonly constants: number
}

export type EzklRefusal = { readonly layer: string; readonly detail: string }

export const comparisonBase = 128
/** Columns that a dot product reads at a time, as ezkl's own settings have them. */
export const innerColumns = 2
/** Five digits. */
const comparisonBitsMax = 35
/** Bits of a shift at once, the cheapest table that does first. */
const partsInOrder = [8, 7, 6, 5, 4, 3, 2, 1, 9, 10, 11, 12, 13]
const logrowsMin = 10

/** Refuses what this writer does not take: ezkl itself, with its Python package, takes more. */
export function ezklPlanOf(graph: FixedPointGraph): Result<EzklPlan, EzklRefusal> {
  const shape = shapeRefusal(graph)
  if (shape !== undefined) return err(shape)
  const intervals = analyseIntervals(graph)
  if (!intervals.ok) return refused(graph.name, intervals.error.detail)
  const operations: EzklOperation[] = []
  let widest = naturalBits(2 ** 31)
  for (const [place, layer] of graph.layers.entries()) {
    if (layer.kind !== 'dense') {
      operations.push({ kind: 'relu' })
      continue
    }
    const bits = naturalBits(intervals.value.magnitudes[place] ?? 0)
    const split = splitShift(layer.shift, bits)
    if (split === undefined) {
      return refused(layer.name, `sums ${bits} bits: ezkl's engine takes ${comparisonBitsMax}`)
    }
    widest = Math.max(widest, bits + split.lift)
    operations.push({ kind: 'dense', layer, lift: split.lift }, ...split.shifts)
  }
  return ok(sized(operations, widest))
}

const refused = (layer: string, detail: string) => err({ layer, detail })

function shapeRefusal(graph: FixedPointGraph): EzklRefusal | undefined {
  const { layers, inputs, outputs } = graph
  const odd = layers.find(
    ({ kind }, place) => !isTaken(layers[place]) || (place === 0 && kind !== 'dense'),
  )
  if (odd !== undefined) {
    return { layer: odd.name, detail: `is ${odd.kind}: the writer takes dense layers with ReLUs` }
  }
  const forked = layers.find((layer, place) => !('input' in layer) || layer.input !== place)
  if (forked !== undefined)
    return { layer: forked.name, detail: 'reads not only the layer before it' }
  if (inputs.length !== 1 || outputs.length !== 1 || outputs[0]?.tensor !== layers.length) {
    return { layer: graph.name, detail: 'has not one input and one output at its ends' }
  }
  const rows = new Set(layers.flatMap((layer) => (layer.kind === 'dense' ? [layer.rows] : [])))
  return rows.size > 1 ? { layer: graph.name, detail: 'changes its number of rows' } : undefined
}

const isTaken = (layer: Layer | undefined): boolean =>
  layer?.kind === 'dense' ||
  (layer?.kind === 'clip' && layer.atLeast === 0 && layer.atMost === null)

function sized(operations: readonly EzklOperation[], widest: number): EzklPlan {
  const dense = operations.flatMap((operation) =>
    operation.kind === 'dense' ? [operation.layer] : [],
  )
  const [first, last] = [dense[0], dense.at(-1)]
  assert(first !== undefined && last !== undefined, 'A dense model has a dense layer')
  const plan = {
    rows: first.rows,
    inputs: first.rows * first.columns,
    outputs: last.rows * last.outputs,
    operations,
    digits: Math.ceil(widest / Math.log2(comparisonBase)),
  }
  const assignments = assignmentsOf(plan)
  const weights = dense.reduce((sum, layer) => sum + layer.weights.length + layer.biases.length, 0)
  const constants = 2 * weights + 4096
  const tables = operations.map((operation) =>
    operation.kind === 'shift' ? operation.bits + 1 : 0,
  )
  const logrows = Math.max(logrowsMin, naturalBits(assignments / innerColumns), ...tables)
  return { ...plan, assignments, constants, logrows }
}

type SplitShift = { readonly lift: number; readonly shifts: readonly ShiftOperation[] }

/**
 * The engine takes powers of a base in 32 bits, so that digits of b bits reach b · (⌊31 / b⌋ + 1) bits. Where a shift's own digits
 * do not reach its sum, both are lifted: ⌊a · 2^n / 2^(s+n)⌋ is the same.
 */
function splitShift(shift: number, bits: number): SplitShift | undefined {
  if (bits > comparisonBitsMax) return undefined
  if (shift === 0) return { lift: 0, shifts: [] }
  const part = partsInOrder.find((width) => width <= shift && reach(width) >= bits)
  if (part !== undefined) {
    const rest = splitShift(shift - part, Math.max(1, bits - part))
    return rest && { lift: 0, shifts: [shiftOperation(part, bits), ...rest.shifts] }
  }
  const lifted = partsInOrder.find((width) => {
    const liftedBits = bits + width - shift
    return width > shift && reach(width) >= liftedBits && liftedBits <= comparisonBitsMax
  })
  if (lifted === undefined) return undefined
  const lift = lifted - shift
  return { lift, shifts: [shiftOperation(lifted, bits + lift)] }
}

const reach = (width: number): number => width * (Math.floor(31 / width) + 1)

const shiftOperation = (bits: number, of: number): ShiftOperation => ({
  kind: 'shift',
  bits,
  digits: Math.ceil(of / bits),
})

/** Cells of each operation, counted generously: more only widens the table. */
function assignmentsOf({
  operations,
  inputs,
  digits,
}: Pick<EzklPlan, 'operations' | 'inputs' | 'digits'>): number {
  const comparison = 6 * (digits + 2) + 16
  let values = inputs
  let cells = inputs * comparison
  for (const operation of operations) {
    if (operation.kind === 'dense') {
      const { rows, outputs, columns } = operation.layer
      values = rows * outputs
      cells += values * (2 * columns + 8)
    } else if (operation.kind === 'relu') cells += values * (comparison + 16)
    else cells += values * (8 * (operation.digits + 2) + 48 + 2 * comparison + 32)
  }
  return cells + values * comparison
}

/** From 0 (or −1) to these the circuit looks values up: signs, bits, digits of comparisons and of shifts. Each is a table. */
export function ezklRanges({
  operations,
}: Pick<EzklPlan, 'operations'>): readonly (readonly [number, number])[] {
  const bases = operations.flatMap((operation) =>
    operation.kind === 'shift' && operation.bits > 1 ? [2 ** operation.bits] : [],
  )
  const digits = [...new Set([comparisonBase, ...bases])].sort((a, b) => a - b)
  return [[-1, 1], [0, 1], ...digits.map((base) => [0, base - 1] as const)]
}
