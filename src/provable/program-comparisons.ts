/* The layers that compare, except trees. */
import { noWire, type Wire } from './circuit-program.ts'
import type { ArgMaxLayer, LeakyReluLayer, Window } from './fixed-point-graph.ts'
import {
  combination,
  constants,
  linear,
  type ProgramBuilder,
  rangeOf,
  shifted,
  signs,
} from './program-builder.ts'
import { windowTaps } from './program-linear-layers.ts'
import { greaterOf, selected } from './program-selections.ts'

export function leakyReluWires(
  builder: ProgramBuilder,
  { slopes, repeat, offset, shift }: LeakyReluLayer,
  x: readonly Wire[],
  known: readonly Wire[],
): readonly Wire[] {
  if (x.every((wire) => rangeOf(builder, wire).least >= 0)) return x
  const elements = x.map((_, element) => element)
  const of = linear(builder, {
    rows: slopes.map((slope) => ({ weights: [slope], bias: offset })),
    rowOf: elements.map((element) => Math.floor(element / repeat) % slopes.length),
    taps: x.map((wire) => [wire]),
    tapsOf: elements,
  })
  return selected(builder, {
    bits: known.length === x.length ? known : signs(builder, x),
    whenOne: x,
    whenZero: shifted(builder, { of, shift, withSigns: false }).wires,
  })
}

/** The greatest of each window so far is compared with its next value, in all windows that have one. */
export function maxPoolWires(
  builder: ProgramBuilder,
  window: Window,
  x: readonly Wire[],
): readonly Wire[] {
  const windows = windowTaps(window, x)
    .flat()
    .map((taps) => taps.filter((wire) => wire !== noWire))
  const greatest = windows.map((taps) => taps[0] ?? noWire)
  const longest = windows.reduce((most, { length }) => Math.max(most, length), 0)
  for (let next = 1; next < longest; next += 1) {
    const open = windows.flatMap((taps, at) => (taps.length > next ? [at] : []))
    const made = greaterOf(
      builder,
      open.map((at) => windows[at]?.[next] ?? noWire),
      open.map((at) => greatest[at] ?? noWire),
    )
    open.forEach((at, element) => {
      greatest[at] = made[element] ?? noWire
    })
  }
  return greatest
}

/** A later value takes the lead only when it is greater, so that of equals the first has it. */
export function argMaxWires(
  builder: ProgramBuilder,
  { rows, labels }: ArgMaxLayer,
  x: readonly Wire[],
): readonly Wire[] {
  const column = (at: number): readonly Wire[] =>
    Array.from({ length: rows }, (_, row) => x[row * labels.length + at] ?? noWire)
  const everyRow = (at: number): readonly Wire[] =>
    constants(builder, new Array<number>(rows).fill(labels[at] ?? 0))
  let best = column(0)
  let label = everyRow(0)
  for (let at = 1; at < labels.length; at += 1) {
    const next = column(at)
    const ahead = combination(builder, [next, best], { weights: [1, -1], bias: -1 })
    const bits = signs(builder, ahead)
    label = selected(builder, { bits, whenOne: everyRow(at), whenZero: label })
    if (at + 1 < labels.length) best = selected(builder, { bits, whenOne: next, whenZero: best })
  }
  return label
}
