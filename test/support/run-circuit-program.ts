import type { CircuitProgram, LinearStep, Step } from '../../src/provable/circuit-program.ts'

/** Every wire of a program for these input values, by the definition of its steps. */
export function runCircuitProgram(
  program: CircuitProgram,
  input: ArrayLike<number>,
): readonly number[] {
  const wires = Array.from(input, Number)
  for (const step of program.steps) wires.push(...stepValues(step, wires))
  return wires
}

export const programOutput = (
  program: CircuitProgram,
  input: ArrayLike<number>,
): readonly number[] => {
  const wires = runCircuitProgram(program, input)
  return program.outputs.map((wire) => wires[wire] ?? Number.NaN)
}

function stepValues(step: Step, wires: readonly number[]): readonly number[] {
  const value = (wire: number | undefined): number => wires[wire ?? -1] ?? Number.NaN
  switch (step.kind) {
    case 'linear':
      return step.rowOf.map((_, element) => linearValue(step, element, value))
    case 'product':
      // Adding zero turns −0 into 0.
      return step.a.map((wire, element) => value(wire) * value(step.b[element]) + 0)
    case 'sign':
      return step.of.map((wire) => (value(wire) >= 0 ? 1 : 0))
    case 'shift':
      return [
        ...step.of.map((wire) => Math.floor(value(wire) / 2 ** step.shift)),
        ...(step.signs ? step.of.map((wire) => (value(wire) >= 0 ? 1 : 0)) : []),
      ]
  }
}

function linearValue(
  { rows, rowOf, taps, tapsOf }: LinearStep,
  element: number,
  value: (wire: number) => number,
): number {
  const row = rows[rowOf[element] ?? -1] ?? { weights: [], bias: Number.NaN }
  const read = taps[tapsOf[element] ?? -1] ?? []
  return read.reduce(
    (sum, wire, tap) => (wire < 0 ? sum : sum + (row.weights[tap] ?? 0) * value(wire)),
    row.bias,
  )
}
