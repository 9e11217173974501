/*
 * What a proof of a model will cost in each system, told before anything is compiled. Constraints of groth16 follow from the circuit
 * program exactly; gates of ultrahonk are counted as barretenberg lays them out, to some percent; seconds and memory are lines through
 * measurements (bench/model-circuits.ts prints both side by side; docs/ezkl.md has the table). Seconds are of one processor of
 * that machine: another one has another factor, the same for all.
 */

import { packedLength } from '../base/packed-tensor.ts'
import { ok, type Result } from '../base/result.ts'
import type { CircuitProgram, Step } from './circuit-program.ts'
import { circuitProgramOf } from './circuit-program-of.ts'
import { type EzklPlan, ezklPlanOf, ezklRanges, innerColumns } from './ezkl-plan.ts'
import type { FixedPointGraph } from './fixed-point-graph.ts'
import type { GraphFault } from './graph-fault.ts'
import { naturalBits } from './program-builder.ts'

export type ProofCost = {
  readonly system: 'groth16' | 'ultrahonk' | 'ezkl'
  /** Rows (groth16), gates (ultrahonk), rows of the table (ezkl). */
  readonly constraints: number
  readonly publicInputs: number
  /** Compilation and keys. */
  readonly buildCpuS: number
  readonly proveCpuS: number
  /** Resident, of the prover's processes together, while they prove. */
  readonly memoryBytes: number
  readonly proofBytes: number
  /** Of a transaction that verifies and does nothing else. */
  readonly verifyGas: number
}

/** Of the systems that take the model, in the order groth16, ultrahonk, ezkl. */
export function predictCosts(graph: FixedPointGraph): Result<readonly ProofCost[], GraphFault> {
  const program = circuitProgramOf(graph)
  if (!program.ok) return program
  const plan = ezklPlanOf(graph)
  return ok([
    groth16Cost(program.value),
    ultrahonkCost(program.value),
    ...(plan.ok ? [ezklCost(plan.value)] : []),
  ])
}

const mebibyte = 2 ** 20

/** A row for each bit and each product: sums cost none. */
function groth16Cost(program: CircuitProgram): ProofCost {
  const constraints = program.steps.reduce(
    (sum, step) => sum + stepRows(step),
    program.inputs.reduce((sum, { least, greatest }) => sum + boundRows(greatest - least), 0),
  )
  const publicInputs = packedInputs(program)
  return {
    system: 'groth16',
    constraints,
    publicInputs,
    buildCpuS: 1 + 0.0004 * constraints,
    proveCpuS: 0.72 + 0.000127 * constraints,
    memoryBytes: (160 + 0.0155 * constraints) * mebibyte,
    proofBytes: 256,
    verifyGas: Math.round(208_000 + 6_800 * publicInputs),
  }
}

const packedInputs = ({ inputs, outputs }: CircuitProgram): number =>
  packedLength(inputs.length) + packedLength(outputs.length)

/** Bounds that are no power of two apart are checked from both ends. */
function boundRows(span: number): number {
  const bits = Math.max(1, naturalBits(span))
  return span === 2 ** bits - 1 ? bits : 2 * bits
}

function stepRows(step: Step): number {
  switch (step.kind) {
    case 'linear':
      return 0
    case 'product':
      return step.count
    case 'sign':
      return step.bits.reduce((sum, bits) => sum + bits + 1, 0)
    case 'shift':
      return step.bits.reduce((sum, bits) => sum + bits + (step.negatives ? 1 : 0), 0)
  }
}

/** Rows of a lookup list come once for each width that is checked, so that small circuits are mostly lists. */
function ultrahonkCost(program: CircuitProgram): ProofCost {
  const constraints = ultrahonkGates(program)
  const publicInputs = packedInputs(program)
  const logGates = naturalBits(constraints)
  return {
    system: 'ultrahonk',
    constraints,
    publicInputs,
    buildCpuS: 4.5 + 0.00028 * constraints,
    proveCpuS: 1.2 + 0.00007 * constraints,
    memoryBytes: (222 + 0.0018 * constraints) * mebibyte,
    proofBytes: 2_624 + 384 * logGates,
    verifyGas: Math.round(735_000 + 24_500 * (logGates - 11) + 340 * publicInputs),
  }
}

function ultrahonkGates(program: CircuitProgram): number {
  const widths = new Set<number>()
  let gates = 3 * program.inputs.length + 4 * packedInputs(program)
  const inputBits = Math.max(
    ...program.inputs.map(({ least, greatest }) => naturalBits(greatest - least)),
  )
  addWidths(widths, inputBits)
  for (const step of program.steps) {
    gates += stepGates(step)
    if (step.kind === 'sign') addWidths(widths, Math.max(...step.bits))
    if (step.kind === 'shift') {
      addWidths(widths, step.shift)
      addWidths(
        widths,
        Math.max(...step.bits) - step.shift + (step.negatives && !step.signs ? 1 : 0),
      )
    }
  }
  for (const width of widths) gates += 2 ** width / 6
  return Math.round(gates)
}

function stepGates(step: Step): number {
  switch (step.kind) {
    case 'linear':
      return (step.count * (step.rows[0]?.weights.length ?? 0)) / 3
    case 'product':
      return step.count
    case 'sign':
      return 4 * step.count
    case 'shift':
      return (step.signs ? 9 : 6) * step.of.length
  }
}

const listBits = 14

/** A range check looks up limbs of fourteen bits, and what is left in a list of its own width. */
function addWidths(widths: Set<number>, bits: number): void {
  if (bits >= listBits) widths.add(listBits)
  if (bits % listBits > 0) widths.add(bits % listBits)
}

/** The table's size decides; how many columns it has follows from what is put into it. */
function ezklCost(plan: EzklPlan): ProofCost {
  const { logrows, assignments, constants, inputs, outputs } = plan
  const rows = 2 ** logrows
  const blocks = Math.ceil(assignments / innerColumns / rows)
  const columns = 6 * blocks + Math.ceil(constants / rows)
  return {
    system: 'ezkl',
    constraints: rows,
    publicInputs: inputs + outputs,
    buildCpuS: 1 + 0.00008 * rows * columns,
    proveCpuS: 2 + 0.00015 * rows * columns,
    memoryBytes: (230 + 0.0035 * rows * columns) * mebibyte,
    proofBytes: 4_800,
    verifyGas: 420_000 + 67_000 * ezklRanges(plan).length,
  }
}
