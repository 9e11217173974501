/*
 * What the writers of circuits share: names for the arrays of a program's wires, tables of numbers, and the words for "element e of
 * it". Nothing but numbers of the program reaches the text, so that no name of a model can.
 */
import { assert } from '../base/assert.ts'
import { type CircuitProgram, noWire, type Wire } from './circuit-program.ts'

/** Each input's and each step's wires stand in an array of their own: `x`, then `s0`, `s1`, … */
export type WireNames = {
  readonly arrayOf: (wire: Wire) => string
  /** The place of a wire in its array. */
  readonly placeOf: (wire: Wire) => number
}

export function wireNames({ inputs, steps, wireCount }: CircuitProgram): WireNames {
  const arrays = new Uint32Array(wireCount)
  const firsts = [0, ...steps.map(({ first }) => first)]
  steps.forEach(({ first, count }, step) => {
    arrays.fill(step + 1, first, first + count)
  })
  assert(inputs.length > 0, 'A model has an input')
  const array = (wire: Wire): number => arrays[wire] ?? 0
  return {
    arrayOf: (wire) => (array(wire) === 0 ? 'x' : `s${array(wire) - 1}`),
    placeOf: (wire) => wire - (firsts[array(wire)] ?? 0),
  }
}

/** How a language writes what the writers need of it. */
export type Language = {
  /** A list of integers that the circuit is made with. */
  readonly table: (name: string, values: readonly number[], kind: 'p' | 'n') => string
  /** An array of its own with these wires. */
  readonly gathering: (name: string, wires: readonly string[]) => string
  /** Whole numbers, rounding down. */
  readonly divided: (what: string, by: number) => string
}

/** Collects declarations while a step is written. Names are of the step's number and a running one. */
export type StepText = {
  readonly language: Language
  readonly names: WireNames
  readonly step: number | 'x' | 'y'
  readonly declarations: string[]
}

export const newStepText = (
  language: Language,
  names: WireNames,
  step: StepText['step'],
): StepText => ({ language, names, step, declarations: [] })

/** Numbers of a table, a line for each sixteen. */
export function listed(values: readonly (number | string)[]): string {
  const lines: string[] = []
  for (let at = 0; at < values.length; at += numbersInLine) {
    lines.push(values.slice(at, at + numbersInLine).join(`, `))
  }
  return lines.join(`,\n        `)
}

const numbersInLine = 16

/** Wires as one array, and each one's place in it. */
export type Operand = {
  readonly array: string
  readonly places: readonly number[]
  readonly size: number
}

/** An array that has them all: that of their step, or one gathered for them. `noWire` gets the place behind the last. */
export function operand(text: StepText, wires: readonly Wire[]): Operand {
  const { names } = text
  const real = wires.filter((wire) => wire !== noWire)
  const arrays = new Set(real.map(names.arrayOf))
  if (arrays.size <= 1) {
    const places = real.map(names.placeOf)
    const size = places.reduce((most, place) => Math.max(most, place + 1), 0)
    return {
      array: arrays.values().next().value ?? 'x',
      places: wires.map((wire) => (wire === noWire ? size : names.placeOf(wire))),
      size,
    }
  }
  const distinct = [...new Set(real)]
  const placeOf = new Map(distinct.map((wire, place) => [wire, place]))
  const array = declaredName(text, 'g')
  const spelled = distinct.map((wire) => `${names.arrayOf(wire)}[${names.placeOf(wire)}]`)
  text.declarations.push(text.language.gathering(array, spelled))
  return {
    array,
    places: wires.map((wire) => placeOf.get(wire) ?? distinct.length),
    size: distinct.length,
  }
}

/** The place `values[at]` in words, where `at` is an expression: a formula where one fits, a table where none does. */
export function placeAt(text: StepText, values: readonly number[], at: string): string {
  const formula = formulaOf(values)
  if (formula !== undefined) return inWords(text, formula, values.length, at)
  return `${tableName(text, 'p', values)}[${at}]`
}

/** The number `values[at]` in words. */
export function numberAt(text: StepText, values: readonly number[], at: string): string {
  const first = values[0] ?? 0
  if (values.every((value) => value === first)) return `${first}`
  return `${tableName(text, 'n', values)}[${at}]`
}

/** `p` of places in arrays, `n` of numbers of the model. */
function tableName(text: StepText, kind: 'p' | 'n', values: readonly number[]): string {
  const name = declaredName(text, kind)
  text.declarations.push(text.language.table(name, values, kind))
  return name
}

const declaredName = ({ step, declarations }: StepText, kind: string): string =>
  `${kind}${step}_${declarations.length}`

/** values[e] = start + ⌊e / divisor⌋ mod modulus, and a modulus of zero stands for none. */
type Formula = { readonly start: number; readonly divisor: number; readonly modulus: number }

function formulaOf(values: readonly number[]): Formula | undefined {
  const start = values[0] ?? 0
  const change = values.findIndex((value) => value !== start)
  if (change === -1) return { start, divisor: values.length, modulus: 0 }
  const quotients = values.map((_, element) => Math.floor(element / change))
  const modulus = values.reduce((most, value) => Math.max(most, value - start + 1), 0)
  const fits = values.every(
    (value, element) => value === start + ((quotients[element] ?? 0) % modulus),
  )
  if (!fits) return undefined
  return { start, divisor: change, modulus: quotients.at(-1) === modulus - 1 ? 0 : modulus }
}

function inWords(
  { language }: StepText,
  { start, divisor, modulus }: Formula,
  count: number,
  at: string,
): string {
  if (divisor >= count) return `${start}`
  const quotient = divisor === 1 ? at : language.divided(at, divisor)
  const wrapped = modulus === 0 ? quotient : `(${quotient}) % ${modulus}`
  return start === 0 ? wrapped : `${start} + ${wrapped}`
}
