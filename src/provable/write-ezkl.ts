/*
 * A dense model as a compiled circuit of ezkl 21.0.0, without ezkl's Python package. The form is that of zkonduit/ezkl v21.0.0
 * (GraphCircuit, src/graph), as @ezkljs/engine 21.0.0 reads it. Inputs and outputs are public; weights are Fixed, so that the
 * verification key is of these weights and no others (with `Private`, different weights have one key).
 */
import { ok, type Result } from '../base/result.ts'
import {
  absent,
  type Bincode,
  bincoded,
  boolean,
  byte,
  field,
  float32,
  int32,
  int128,
  list,
  natural64,
  present,
  sequence,
  text,
  variant,
} from './bincode-writing.ts'
import {
  comparisonBase,
  type EzklOperation,
  type EzklPlan,
  type EzklRefusal,
  ezklPlanOf,
  ezklRanges,
  innerColumns,
} from './ezkl-plan.ts'
import type { DenseLayer, FixedPointGraph } from './fixed-point-graph.ts'

export type EzklCircuit = {
  /** `model.compiled`. */
  readonly compiled: Uint8Array
  /** `settings.json`. */
  readonly settings: string
  readonly logrows: number
}

/** Where its plan is refused, only ezkl's Python package can make a circuit of the model. */
export function writeEzkl(graph: FixedPointGraph): Result<EzklCircuit, EzklRefusal> {
  const plan = ezklPlanOf(graph)
  if (!plan.ok) return plan
  const nodes = nodesOf(plan.value)
  const settings = settingsOf(plan.value)
  const compiled = bincoded(
    sequence(graphBytes(nodes), settingsBytes(settings), witnessBytes(plan.value)),
  )
  return ok({ compiled, settings: JSON.stringify(settings), logrows: plan.value.logrows })
}

type Node = {
  readonly operation: Bincode
  readonly inputs: readonly number[]
  readonly shape: readonly number[]
}

/** Places of enum variants in ezkl's source. */
const supported = { linear: 0, hybrid: 2, input: 3, constant: 4 }
const linear = { leakyRelu: 2, einsum: 8, add: 12 }
const hybrid = { floor: 5, div: 8 }
const visibility = { public: 1, fixed: 4 }
const inputTypeInt = 4

function nodesOf({ operations, inputs, rows }: EzklPlan): readonly Node[] {
  const input = sequence(variant(supported.input), int32(0), variant(inputTypeInt), boolean(true))
  const nodes: Node[] = [{ operation: input, inputs: [], shape: [rows, inputs / rows] }]
  for (const operation of operations) addOperation(nodes, operation)
  return nodes
}

function addOperation(nodes: Node[], operation: EzklOperation): void {
  const previous = nodes.length - 1
  const shape = nodes.at(-1)?.shape ?? []
  if (operation.kind === 'dense') addDense(nodes, operation.layer, 2 ** operation.lift)
  else if (operation.kind === 'relu') {
    const slope = sequence(variant(linear.leakyRelu), float32(0), int32(1))
    nodes.push({
      operation: sequence(variant(supported.linear), slope),
      inputs: [previous],
      shape,
    })
  } else {
    const { bits, digits } = operation
    const scale = float32(2 ** bits)
    const floor = sequence(
      variant(supported.hybrid),
      variant(hybrid.floor),
      scale,
      natural64(digits),
    )
    const div = sequence(variant(supported.hybrid), variant(hybrid.div), scale)
    nodes.push({ operation: floor, inputs: [previous], shape })
    nodes.push({ operation: div, inputs: [previous + 1], shape })
  }
}

function addDense(
  nodes: Node[],
  { rows, columns, outputs, weights, biases }: DenseLayer,
  factor: number,
): void {
  const previous = nodes.length - 1
  const einsum = sequence(variant(supported.linear), variant(linear.einsum), text('mk,nk->mn'))
  const add = sequence(variant(supported.linear), variant(linear.add))
  const shape = [rows, outputs]
  const lifted = (values: readonly number[]) => values.map((value) => value * factor)
  nodes.push(constantNode(lifted(weights), [outputs, columns]))
  nodes.push({ operation: einsum, inputs: [previous, previous + 1], shape })
  nodes.push(constantNode(lifted(biases), [1, outputs]))
  nodes.push({ operation: add, inputs: [previous + 2, previous + 3], shape })
}

/** A tensor of integers; the floats beside it, which nothing reads, are empty. */
function constantNode(values: readonly number[], shape: readonly number[]): Node {
  const quantised = sequence(
    list(values, field),
    list(shape, natural64),
    present(int32(0)),
    present(variant(visibility.fixed)),
  )
  const raw = sequence(natural64(0), list([0], natural64), absent, absent)
  return {
    operation: sequence(variant(supported.constant), quantised, raw, boolean(true)),
    inputs: [],
    shape,
  }
}

/** Every tensor has the scale 0, and every node one use. */
function graphBytes(nodes: readonly Node[]): Bincode {
  const node = ({ operation, inputs, shape }: Node, place: number): Bincode =>
    sequence(
      natural64(place),
      variant(0),
      operation,
      int32(0),
      list(inputs, (from) => sequence(natural64(from), natural64(0))),
      list(shape, natural64),
      natural64(place),
      natural64(1),
    )
  return sequence(
    list([...nodes.entries()], ([place, of]) => node(of, place)),
    list([0], natural64),
    list([nodes.length - 1], (last) => sequence(natural64(last), natural64(0))),
    list([inputTypeInt], variant),
    variant(visibility.public),
    variant(visibility.fixed),
    variant(visibility.public),
  )
}

function settingsOf({
  operations,
  rows,
  inputs,
  outputs,
  digits,
  logrows,
  assignments,
  constants,
}: EzklPlan) {
  return {
    run_args: {
      input_scale: 0,
      param_scale: 0,
      scale_rebase_multiplier: 1,
      lookup_range: [0, 0],
      logrows,
      num_inner_cols: innerColumns,
      variables: [['batch_size', 1]] as const,
      input_visibility: 'Public',
      output_visibility: 'Public',
      param_visibility: 'Fixed',
      rebase_frac_zero_constants: false,
      check_mode: 'UNSAFE',
      commitment: 'KZG',
      decomp_base: comparisonBase,
      decomp_legs: digits,
      bounded_log_lookup: false,
      ignore_range_check_inputs_outputs: false,
    },
    num_rows: Math.ceil(assignments / innerColumns),
    total_assignments: assignments,
    total_const_size: constants,
    total_dynamic_col_size: 0,
    max_dynamic_input_len: 0,
    num_dynamic_lookups: 0,
    num_shuffles: 0,
    total_shuffle_col_size: 0,
    model_instance_shapes: [
      [rows, inputs / rows],
      [rows, outputs / rows],
    ],
    model_output_scales: [0],
    model_input_scales: [0],
    module_sizes: { polycommit: [], poseidon: [0, [0]] },
    required_lookups: [],
    required_range_checks: ezklRanges({ operations }),
    check_mode: 'UNSAFE',
    version: '21.0.0',
    num_blinding_factors: null,
    timestamp: 0,
    input_types: ['Int'],
    output_types: ['Int'],
  }
}

type Settings = ReturnType<typeof settingsOf>

function settingsBytes(settings: Settings): Bincode {
  const { run_args: args } = settings
  return sequence(
    int32(args.input_scale),
    int32(args.param_scale),
    int32(args.scale_rebase_multiplier),
    int128(0),
    int128(0),
    int32(args.logrows),
    natural64(args.num_inner_cols),
    list(args.variables, ([name, size]) => sequence(text(name), natural64(size))),
    variant(visibility.public),
    variant(visibility.public),
    variant(visibility.fixed),
    boolean(args.rebase_frac_zero_constants),
    ...unsafeKzg(),
    natural64(args.decomp_base),
    natural64(args.decomp_legs),
    boolean(args.bounded_log_lookup),
    boolean(args.ignore_range_check_inputs_outputs),
    ...[settings.num_rows, settings.total_assignments, settings.total_const_size].map(natural64),
    ...[0, 0, 0, 0, 0].map(natural64),
    list(settings.model_instance_shapes, (shape) => list(shape, natural64)),
    list(settings.model_output_scales, int32),
    list(settings.model_input_scales, int32),
    list([], natural64),
    sequence(natural64(0), list([0], natural64)),
    list([], natural64),
    list(settings.required_range_checks, ([least = 0, most = 0]) =>
      sequence(int128(least), int128(most)),
    ),
    variant(1),
    text(settings.version),
    absent,
    present(int128(0)),
    present(list([inputTypeInt], variant)),
    present(list([inputTypeInt], variant)),
  )
}

/** check_mode and commitment: without the debug checks of the witness, and KZG. */
const unsafeKzg = (): readonly Bincode[] => [variant(1), present(variant(0))]

/** The witness that a circuit is stored with; the keys are made of its shape. */
const witnessBytes = ({ inputs }: EzklPlan): Bincode =>
  sequence(
    list([inputs], (count) => list(new Array<number>(count).fill(0), field)),
    byte(0),
    list([], natural64),
    byte(0),
    byte(0),
    byte(0),
    int128(0),
    int128(0),
    int128(0),
    byte(0),
  )
