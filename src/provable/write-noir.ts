/*
 * A circuit program as Noir text. What a step needs besides sums and products are hints (unconstrained functions), each of which is
 * pinned by range checks and by the sum that it must give. The model's numbers are globals, constants of the circuit, so that the
 * verification key commits to them. Soundness of each function: circuits/README.md, "Circuits of models".
 */

import { packedLength, valueOffset, valuesInElement } from '../base/packed-tensor.ts'
import type {
  CircuitProgram,
  LinearStep,
  ProductStep,
  ShiftStep,
  SignStep,
  Step,
} from './circuit-program.ts'
import { elementOf, fewTerms, manyTerms } from './linear-text.ts'
import { naturalBits } from './program-builder.ts'
import {
  type Language,
  listed,
  newStepText,
  numberAt,
  operand,
  placeAt,
  type StepText,
  type WireNames,
  wireNames,
} from './program-text.ts'

const noir: Language = {
  table: (name, values, kind) =>
    `    let ${name}: [${kind === 'p' ? 'u32' : 'Field'}; ${values.length}] = [${listed(values)}];`,
  gathering: (name, wires) => `    let ${name} = [${listed(wires)}];`,
  divided: (what, by) => `${what} / ${by}`,
}

/** Nargo.toml of the package whose src/main.nr the text is. It has no dependency. */
export const noirManifest =
  '[package]\nname = "model"\ntype = "bin"\nauthors = [""]\n\n[dependencies]\n'

/** The same text for the same program. Its only parameter is `values`, which is public: see packed-values.ts. */
export function writeNoir(program: CircuitProgram): string {
  const names = wireNames(program)
  const elements = packedLength(program.inputs.length) + packedLength(program.outputs.length)
  return [
    functions,
    `fn main(values: pub [Field; ${elements}]) {`,
    ...inputLines(program, names),
    ...program.steps.flatMap((step, number) => stepLines(step, newStepText(noir, names, number))),
    ...outputLines(program, names),
    '}',
    '',
  ].join('\n')
}

const functions = `// Hints. What they answer is constrained by whoever asks.
unconstrained fn value_of(element: Field, place: u32) -> Field {
    let bytes: [u8; 32] = element.to_le_bytes();
    let mut value: Field = -${valueOffset};
    let mut factor: Field = 1;
    for i in 0..4 {
        value += (bytes[4 * place + i] as Field) * factor;
        factor *= 256;
    }
    value
}

unconstrained fn quotient(value: Field, bits: u32) -> Field {
    ((value as u64) >> (bits as u64)) as Field
}

fn two_to<let N: u32>() -> Field {
    let mut power: Field = 1;
    for _ in 0..N {
        power *= 2;
    }
    power
}

// 1 where value >= 0, else 0, of -2^N <= value < 2^N.
fn sign<let N: u32>(value: Field) -> Field {
    let natural = value + two_to::<N>();
    // Safety: the sign is a bit, and what is left without it has N bits, so that there is one way to split.
    let sign = unsafe { quotient(natural, N) };
    sign.assert_max_bit_size::<1>();
    (natural - sign * two_to::<N>()).assert_max_bit_size::<N>();
    sign
}

// value / 2^S, rounded down, of 0 <= value < 2^(S + Q).
fn natural_shift<let S: u32, let Q: u32>(value: Field) -> Field {
    // Safety: quotient and remainder have Q and S bits, so that there is one way to split.
    let high = unsafe { quotient(value, S) };
    high.assert_max_bit_size::<Q>();
    (value - high * two_to::<S>()).assert_max_bit_size::<S>();
    high
}

// The same of -2^(S + Q - 1) <= value < 2^(S + Q - 1).
fn shift<let S: u32, let Q: u32>(value: Field) -> Field {
    natural_shift::<S, Q>(value + two_to::<Q>() / 2 * two_to::<S>()) - two_to::<Q>() / 2
}

// The same, and 1 where value >= 0, else 0.
fn shift_and_sign<let S: u32, let Q: u32>(value: Field) -> (Field, Field) {
    let half = two_to::<Q>() / 2;
    let natural = value + half * two_to::<S>();
    // Safety: as of natural_shift; sign() gives the quotient, which is its argument and half, its Q bits.
    let high = unsafe { quotient(natural, S) };
    (natural - high * two_to::<S>()).assert_max_bit_size::<S>();
    (high - half, sign::<Q - 1>(high - half))
}

fn packed<let N: u32, let M: u32>(values: [Field; N]) -> [Field; M] {
    let mut elements: [Field; M] = [0; M];
    let mut factor: Field = 1;
    for e in 0..N {
        if e % ${valuesInElement} == 0 {
            factor = 1;
        }
        elements[e / ${valuesInElement}] += (values[e] + ${valueOffset}) * factor;
        factor *= 0x100000000;
    }
    elements
}
`

/** The input values out of the public elements, each within its bounds, and their packing equal to those elements. */
function inputLines({ inputs }: CircuitProgram, names: WireNames): readonly string[] {
  const text = newStepText(noir, names, 'x')
  const spans = inputs.map(({ least, greatest }) => greatest - least)
  const bits = Math.max(1, ...spans.map(naturalBits))
  const least = numberAt(
    text,
    inputs.map((input) => input.least),
    'e',
  )
  const greatest = numberAt(
    text,
    inputs.map((input) => input.greatest),
    'e',
  )
  const count = inputs.length
  const fills = spans.every((span) => span === 2 ** bits - 1)
  return [
    ...text.declarations,
    `    let mut x: [Field; ${count}] = [0; ${count}];`,
    `    for e in 0..${count} {`,
    '        // Safety: the packing below has one solution, because each value is bounded.',
    `        x[e] = unsafe { value_of(values[e / ${valuesInElement}], e % ${valuesInElement}) };`,
    `        (x[e] - (${least})).assert_max_bit_size::<${bits}>();`,
    ...(fills ? [] : [`        (${greatest} - x[e]).assert_max_bit_size::<${bits}>();`]),
    '    }',
    ...equalityLines({ array: 'x', count, first: 0 }),
  ]
}

function outputLines({ inputs, outputs }: CircuitProgram, names: WireNames): readonly string[] {
  const text = newStepText(noir, names, 'y')
  const { array, places } = operand(text, outputs)
  const place = placeAt(text, places, 'e')
  const count = outputs.length
  return [
    '',
    ...text.declarations,
    `    let mut y: [Field; ${count}] = [0; ${count}];`,
    `    for e in 0..${count} {`,
    `        y[e] = ${array}[${place}];`,
    '    }',
    ...equalityLines({ array: 'y', count, first: packedLength(inputs.length) }),
  ]
}

function equalityLines({
  array,
  count,
  first,
}: {
  readonly array: string
  readonly count: number
  readonly first: number
}): readonly string[] {
  const elements = packedLength(count)
  return [
    `    let packed_${array} = packed::<${count}, ${elements}>(${array});`,
    `    for i in 0..${elements} {`,
    `        assert(packed_${array}[i] == values[${first} + i]);`,
    '    }',
  ]
}

function stepLines(step: Step, text: StepText): readonly string[] {
  const body = bodyLines(step, text)
  const array = `    let mut s${text.step}: [Field; ${step.count}] = [0; ${step.count}];`
  const loop = `    for e in 0..${step.kind === 'shift' ? step.of.length : step.count} {`
  return ['', ...text.declarations, array, loop, ...body.map((line) => `        ${line}`), '    }']
}

function bodyLines(step: Step, text: StepText): readonly string[] {
  switch (step.kind) {
    case 'linear':
      return linearLines(step, text)
    case 'product':
      return productLines(step, text)
    case 'sign':
      return signLines(step, text)
    case 'shift':
      return shiftLines(step, text)
  }
}

function linearLines(step: LinearStep, text: StepText): readonly string[] {
  const few = fewTerms(step, text)
  if (few !== undefined) return [`s${text.step}[e] = ${few};`]
  const { terms, bias, term, guard } = manyTerms(step, text)
  const added = `sum += ${term};`
  return [
    `let mut sum: Field = ${bias};`,
    `for i in 0..${terms} {`,
    `    ${guard === undefined ? added : `if ${guard} { ${added} }`}`,
    '}',
    `s${text.step}[e] = sum;`,
  ]
}

const productLines = ({ a, b }: ProductStep, text: StepText): readonly string[] => [
  `s${text.step}[e] = ${elementOf(text, a)} * ${elementOf(text, b)};`,
]

/** A range check costs by its limbs of fourteen bits, not by the bit: one width serves the whole step. */
const signLines = ({ of, bits }: SignStep, text: StepText): readonly string[] => [
  `s${text.step}[e] = sign::<${Math.max(...bits)}>(${elementOf(text, of)});`,
]

function shiftLines(step: ShiftStep, text: StepText): readonly string[] {
  const { of, bits, shift, negatives, signs } = step
  const width = Math.max(...bits) - shift
  const element = elementOf(text, of)
  if (!negatives) return [`s${text.step}[e] = natural_shift::<${shift}, ${width}>(${element});`]
  const parameters = `::<${shift}, ${width + 1}>`
  if (!signs) return [`s${text.step}[e] = shift${parameters}(${element});`]
  return [
    `let (shifted, sign) = shift_and_sign${parameters}(${element});`,
    `s${text.step}[e] = shifted;`,
    `s${text.step}[${of.length} + e] = sign;`,
  ]
}
