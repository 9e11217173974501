/* A linear step in words that circom and Noir have in common; `e` counts its wires, `i` the terms of a long sum. */
import { type LinearStep, noWire, type Wire } from './circuit-program.ts'
import { numberAt, operand, placeAt, type StepText } from './program-text.ts'

/** `array[place]` of wire e. */
export function elementOf(text: StepText, wires: readonly Wire[]): string {
  const { array, places } = operand(text, wires)
  return `${array}[${placeAt(text, places, 'e')}]`
}

/** The whole sum in one line; undefined where it has too many terms for it, or where elements have differing numbers of them. */
export function fewTerms(step: LinearStep, text: StepText): string | undefined {
  const { rows, rowOf, taps, tapsOf } = step
  const terms = rows[0]?.weights.length ?? 0
  if (terms > termsInLineMax || taps.some((wires) => wires.includes(noWire))) return undefined
  const rowsInOrder = rowOf.map((row) => rows[row])
  const sum = Array.from({ length: terms }, (_, term) => {
    const wires = tapsOf.map((at) => taps[at]?.[term] ?? noWire)
    const weights = rowsInOrder.map((row) => row?.weights[term] ?? 0)
    const weight = weightAt(step, text, weights, term)
    const element = elementOf(text, wires)
    return weight === '1' ? element : `${weight} * ${element}`
  })
  const bias = biasAt(step, text)
  return bias === '0' && terms > 0 ? sum.join(' + ') : [...sum, bias].join(' + ')
}

const termsInLineMax = 3

function weightAt(
  { rows, rowOf }: LinearStep,
  text: StepText,
  inOrder: readonly number[],
  term: number,
): string {
  const first = inOrder[0] ?? 0
  if (inOrder.every((weight) => weight === first)) return `${first}`
  const column = rows.map(({ weights }) => weights[term] ?? 0)
  return numberAt(text, column, placeAt(text, rowOf, 'e'))
}

function biasAt({ rows, rowOf }: LinearStep, text: StepText): string {
  const biases = rows.map(({ bias }) => bias)
  const first = biases[0] ?? 0
  if (biases.every((bias) => bias === first)) return `${first}`
  return numberAt(text, biases, placeAt(text, rowOf, 'e'))
}

export type ManyTerms = {
  readonly terms: number
  readonly bias: string
  readonly term: string
  /** Where it does not hold, there is no term: the padding of a window. */
  readonly guard?: string
}

export function manyTerms(step: LinearStep, text: StepText): ManyTerms {
  const { rows, rowOf, taps, tapsOf } = step
  const terms = rows[0]?.weights.length ?? 0
  const at = (place: string): string => (place === '0' ? 'i' : `(${place}) * ${terms} + i`)
  const weights = rows.flatMap((row) => row.weights)
  const weight = numberAt(text, weights, at(placeAt(text, rowOf, 'e')))
  const { array, places, size } = operand(text, taps.flat())
  const place = placeAt(text, places, at(placeAt(text, tapsOf, 'e')))
  return {
    terms,
    bias: biasAt(step, text),
    term: `${weight} * ${array}[${place}]`,
    ...(places.includes(size) && { guard: `${place} < ${size}` }),
  }
}
