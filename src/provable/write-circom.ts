/*
 * A circuit program as circom text. One template for each kind of step that needs bits; everything else stands in the main template,
 * in loops over the model's numbers, which are constants, so that the verification key commits to them. Sums cost no constraint
 * when the text is compiled with --O2. Soundness of each template: circuits/README.md, "Circuits of models".
 */

import { packedLength, valueBits, valueOffset, valuesInElement } from '../base/packed-tensor.ts'
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

const circom: Language = {
  table: (name, values) => `    var ${name}[${values.length}] = [${listed(values)}];`,
  gathering: (name, wires) =>
    [
      `    signal ${name}[${wires.length}];`,
      ...wires.map((wire, place) => `    ${name}[${place}] <== ${wire};`),
    ].join('\n'),
  divided: (what, by) => `${what} \\ ${by}`,
}

/** The same text for the same program. Its only input is `values`, which is public: see packed-values.ts. */
export function writeCircom(program: CircuitProgram): string {
  const names = wireNames(program)
  const elements = packedLength(program.inputs.length) + packedLength(program.outputs.length)
  return [
    templates,
    'template Model() {',
    `    signal input values[${elements}];`,
    ...inputLines(program, names),
    ...program.steps.flatMap((step, number) => stepLines(step, newStepText(circom, names, number))),
    ...outputLines(program, names),
    '}',
    '',
    'component main {public [values]} = Model();',
    '',
  ].join('\n')
}

const templates = `pragma circom 2.1.6;

// The bits of a natural number below 2^n.
template Bits(n) {
    signal input in;
    signal output out[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * (1 << i);
    }
    sum === in;
}

// Refuses what is not least, least + 1, ..., greatest, where greatest - least is below 2^n.
template Within(least, greatest, n) {
    signal input in;
    component above = Bits(n);
    above.in <== in - least;
    if (greatest - least + 1 != 1 << n) {
        component below = Bits(n);
        below.in <== greatest - in;
    }
}

// 1 where in >= 0, else 0, of -2^n <= in < 2^n.
template Sign(n) {
    signal input in;
    signal output out;
    component bits = Bits(n + 1);
    bits.in <== in + (1 << n);
    out <== bits.out[n];
}

// in / 2^shift, rounded down, and the sign of in, of -2^n <= in < 2^n.
template Shift(n, shift) {
    signal input in;
    signal output out;
    signal output sign;
    component bits = Bits(n + 1);
    bits.in <== in + (1 << n);
    var sum = -(1 << (n - shift));
    for (var i = shift; i <= n; i++) { sum += bits.out[i] * (1 << (i - shift)); }
    out <== sum;
    sign <== bits.out[n];
}

// in / 2^shift, rounded down, of 0 <= in < 2^n.
template NaturalShift(n, shift) {
    signal input in;
    signal output out;
    component bits = Bits(n);
    bits.in <== in;
    var sum = 0;
    for (var i = shift; i < n; i++) { sum += bits.out[i] * (1 << (i - shift)); }
    out <== sum;
}
`

/** The input values out of the public elements, each within its bounds, and their packing equal to those elements. */
function inputLines({ inputs }: CircuitProgram, names: WireNames): readonly string[] {
  const text = newStepText(circom, names, 'x')
  const bounds = [
    numberAt(
      text,
      inputs.map(({ least }) => least),
      'e',
    ),
    numberAt(
      text,
      inputs.map(({ greatest }) => greatest),
      'e',
    ),
    numberAt(
      text,
      inputs.map(({ least, greatest }) => Math.max(1, naturalBits(greatest - least))),
      'e',
    ),
  ]
  const mask = `((1 << ${valueBits}) - 1)`
  const bitsBelow = `(${valueBits} * (e % ${valuesInElement}))`
  return [
    '',
    ...text.declarations,
    `    signal x[${inputs.length}];`,
    `    component within[${inputs.length}];`,
    `    for (var e = 0; e < ${inputs.length}; e++) {`,
    `        x[e] <-- ((values[e \\ ${valuesInElement}] >> ${bitsBelow}) & ${mask}) - ${valueOffset};`,
    `        within[e] = Within(${bounds.join(', ')});`,
    '        within[e].in <== x[e];',
    '    }',
    ...packingLines({ array: 'x', places: ['e'], count: inputs.length, first: 0 }),
  ]
}

function outputLines({ inputs, outputs }: CircuitProgram, names: WireNames): readonly string[] {
  const text = newStepText(circom, names, 'y')
  const { array, places } = operand(text, outputs)
  const place = placeAt(text, places, 'e')
  return [
    '',
    ...text.declarations,
    ...packingLines({
      array,
      places: [place],
      count: outputs.length,
      first: packedLength(inputs.length),
    }),
  ]
}

function packingLines({
  array,
  places,
  count,
  first,
}: {
  readonly array: string
  readonly places: readonly string[]
  readonly count: number
  readonly first: number
}): readonly string[] {
  return [
    `    for (var i = 0; i < ${packedLength(count)}; i++) {`,
    '        var word = 0;',
    `        for (var e = ${valuesInElement} * i; e < ${valuesInElement} * (i + 1) && e < ${count}; e++) {`,
    `            word += (${array}[${places[0]}] + ${valueOffset}) * (1 << (${valueBits} * (e - ${valuesInElement} * i)));`,
    '        }',
    `        word === values[${first} + i];`,
    '    }',
  ]
}

function stepLines(step: Step, text: StepText): readonly string[] {
  const body = bodyLines(step, text)
  return ['', ...text.declarations, `    signal s${text.step}[${step.count}];`, ...body]
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

function linearLines(step: LinearStep, text: StepText): string[] {
  const start = `    for (var e = 0; e < ${step.count}; e++) {`
  const few = fewTerms(step, text)
  if (few !== undefined) return [start, `        s${text.step}[e] <== ${few};`, '    }']
  const { terms, bias, term, guard } = manyTerms(step, text)
  const added = `sum += ${term};`
  return [
    start,
    `        var sum = ${bias};`,
    `        for (var i = 0; i < ${terms}; i++) {`,
    `            ${guard === undefined ? added : `if (${guard}) { ${added} }`}`,
    '        }',
    `        s${text.step}[e] <== sum;`,
    '    }',
  ]
}

function productLines({ a, b, count }: ProductStep, text: StepText): string[] {
  return [
    `    for (var e = 0; e < ${count}; e++) {`,
    `        s${text.step}[e] <== ${elementOf(text, a)} * ${elementOf(text, b)};`,
    '    }',
  ]
}

function signLines({ of, bits, count }: SignStep, text: StepText): string[] {
  return [
    `    component c${text.step}[${count}];`,
    `    for (var e = 0; e < ${count}; e++) {`,
    `        c${text.step}[e] = Sign(${numberAt(text, bits, 'e')});`,
    `        c${text.step}[e].in <== ${elementOf(text, of)};`,
    `        s${text.step}[e] <== c${text.step}[e].out;`,
    '    }',
  ]
}

function shiftLines({ of, bits, shift, negatives, signs }: ShiftStep, text: StepText): string[] {
  const template = negatives ? 'Shift' : 'NaturalShift'
  return [
    `    component c${text.step}[${of.length}];`,
    `    for (var e = 0; e < ${of.length}; e++) {`,
    `        c${text.step}[e] = ${template}(${numberAt(text, bits, 'e')}, ${shift});`,
    `        c${text.step}[e].in <== ${elementOf(text, of)};`,
    `        s${text.step}[e] <== c${text.step}[e].out;`,
    ...(signs ? [`        s${text.step}[${of.length} + e] <== c${text.step}[e].sign;`] : []),
    '    }',
  ]
}
