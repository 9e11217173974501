/* Operators whose output is a weighted sum of their input: matrices, normalisations, the linear models of ai.onnx.ml. */
import { broadcastIndices, transposed } from './arranging.ts'
import { elementsOf } from './fixed-point-graph.ts'
import {
  addLayer,
  attribute,
  type Constant,
  constantAt,
  fail,
  type Lower,
  type LoweredNode,
  mustBe,
  type Operand,
  optionalConstant,
  type Value,
  valueAt,
} from './lowering.ts'

type Matrix = {
  /** Values of one row of the input. */
  readonly columns: number
  readonly outputs: number
  /** Row-major, outputs × columns. */
  readonly weights: readonly number[]
  readonly biases: readonly number[]
}

/** Each row of the last dimension by the matrix. */
function multiplied(lowered: LoweredNode, value: Value, matrix: Matrix): Value {
  const { columns, outputs } = matrix
  if (value.shape.at(-1) !== columns) {
    fail(lowered, 'shape_mismatch', `has rows of ${value.shape.at(-1)} for ${columns} weights`)
  }
  const rows = elementsOf(value.shape) / columns
  const shape = [...value.shape.slice(0, -1), outputs]
  return addLayer(lowered, { kind: 'dense', input: value.tensor, rows, ...matrix }, shape)
}

/** Weights as ONNX has them, columns × outputs, or the other way round. */
function weightsOf(
  { shape, values }: Constant,
  { isTransposed, factor }: { readonly isTransposed: boolean; readonly factor: number },
): Omit<Matrix, 'biases'> {
  const [first = 0, second = 0] = shape
  const columns = isTransposed ? second : first
  const outputs = isTransposed ? first : second
  const weights = Array.from({ length: columns * outputs }, (_, at) => {
    const output = Math.floor(at / columns)
    const column = at % columns
    const index = isTransposed ? at : column * outputs + output
    return (values[index] ?? 0) * factor
  })
  return { columns, outputs, weights }
}

export const matMul: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const matrix = constantAt(lowered, 1)
  if (matrix.shape.length !== 2) {
    fail(lowered, 'unsupported_operand', `multiplies by [${matrix.shape}], which is no matrix`)
  }
  const weights = weightsOf(matrix, { isTransposed: false, factor: 1 })
  const biases = new Array<number>(weights.outputs).fill(0)
  return [multiplied(lowered, value, { ...weights, biases })]
}

export const gemm: Lower = (lowered) => {
  const isFlipped = (attribute(lowered, 'transA', 'int') ?? 0) !== 0
  const given = valueAt(lowered, 0)
  const matrix = constantAt(lowered, 1)
  if (given.shape.length !== 2 || matrix.shape.length !== 2) {
    fail(lowered, 'shape_mismatch', `multiplies [${given.shape}] by [${matrix.shape}]`)
  }
  const value = isFlipped ? transposed(lowered, given, [1, 0]) : given
  const isTransposed = (attribute(lowered, 'transB', 'int') ?? 0) !== 0
  const factor = attribute(lowered, 'alpha', 'float') ?? 1
  const weights = weightsOf(matrix, { isTransposed, factor })
  const beta = attribute(lowered, 'beta', 'float') ?? 1
  const biases = optionalConstant(lowered, 2)
  const nothing = new Array<number>(weights.outputs).fill(0)
  if (biases === undefined) return [multiplied(lowered, value, { ...weights, biases: nothing })]
  const shape = [value.shape[0] ?? 1, weights.outputs]
  const added = spread(lowered, biases, shape).map((bias) => bias * beta)
  // A bias of its own for each row is beyond a dense layer, whose rows are alike.
  const isAlike = added.every((bias, at) => bias === added[at % weights.outputs])
  if (isAlike) {
    const row = added.slice(0, weights.outputs)
    return [multiplied(lowered, value, { ...weights, biases: row })]
  }
  const sums = multiplied(lowered, value, { ...weights, biases: nothing })
  return [affine(lowered, sums, { multipliers: added.map(() => 1), offsets: added })]
}

/** A constant at every place of a shape that it broadcasts to. */
export function spread(
  lowered: LoweredNode,
  { shape: from, values }: Operand & { readonly values: Float64Array },
  shape: readonly number[],
): readonly number[] {
  const isSmaller =
    from.length <= shape.length &&
    from.every((size, axis) => {
      const wanted = shape[axis + shape.length - from.length]
      return size === 1 || size === wanted
    })
  if (!isSmaller) fail(lowered, 'shape_mismatch', `does not go from [${from}] to [${shape}]`)
  return broadcastIndices(lowered, from, shape).map((index) => values[index] ?? 0)
}

type Line = { readonly multipliers: readonly number[]; readonly offsets: readonly number[] }

/** Each element by a number of its own, plus one. What repeats is held once. */
export function affine(lowered: LoweredNode, value: Value, line: Line): Value {
  const { multipliers, offsets } = line
  const isNothing =
    multipliers.every((multiplier) => multiplier === 1) && offsets.every((offset) => offset === 0)
  if (isNothing) return value
  const pattern = patternOf(line, value.shape)
  return addLayer(lowered, { kind: 'scale', input: value.tensor, ...pattern }, value.shape)
}

/** The shortest lists that say the same: alike within the last dimensions, repeated over the first ones. */
export function patternOf(
  { multipliers, offsets }: Line,
  shape: readonly number[],
): Line & { readonly repeat: number } {
  const elements = multipliers.length
  const sizes = [...new Set(shape.map((_, axis) => elementsOf(shape.slice(axis))))]
  const repeatsBy = (at: (element: number) => number): boolean =>
    multipliers.every(
      (value, element) =>
        value === multipliers[at(element)] && offsets[element] === offsets[at(element)],
    )
  const repeat = sizes.find((size) => repeatsBy((element) => element - (element % size))) ?? 1
  const period = sizes
    .toSorted((a, b) => a - b)
    .find((size) => size % repeat === 0 && repeatsBy((element) => element % size))
  const cut = (values: readonly number[]): readonly number[] =>
    values.slice(0, period ?? elements).filter((_, element) => element % repeat === 0)
  return { multipliers: cut(multipliers), offsets: cut(offsets), repeat }
}

export const batchNormalization: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const training = attribute(lowered, 'training_mode', 'int') ?? 0
  mustBe(lowered, { name: 'training_mode', value: training, expected: 0 })
  const channels = value.shape[1] ?? 0
  const epsilon = attribute(lowered, 'epsilon', 'float') ?? 1e-5
  const [scales, biases, means, variances] = [1, 2, 3, 4].map((index) => {
    const { values } = constantAt(lowered, index)
    if (values.length !== channels) {
      fail(lowered, 'shape_mismatch', `has ${values.length} numbers for ${channels} channels`)
    }
    return values
  })
  const multipliers = Array.from({ length: channels }, (_, channel) => {
    const spreadOf = (variances?.[channel] ?? 0) + epsilon
    if (!(spreadOf > 0)) fail(lowered, 'not_finite', `has the variance ${spreadOf}`)
    return (scales?.[channel] ?? 0) / Math.sqrt(spreadOf)
  })
  const offsets = multipliers.map(
    (multiplier, channel) => (biases?.[channel] ?? 0) - (means?.[channel] ?? 0) * multiplier,
  )
  const repeat = elementsOf(value.shape.slice(2))
  const layer = { kind: 'scale', input: value.tensor, multipliers, offsets, repeat } as const
  return [addLayer(lowered, layer, value.shape)]
}

const rowsOf = (lowered: LoweredNode): Value => {
  const value = valueAt(lowered, 0)
  return value.shape.length === 1 ? { ...value, shape: [1, ...value.shape] } : value
}

/** ai.onnx.ml: (x − offset) · scale. */
export const scaler: Lower = (lowered) => {
  const value = valueAt(lowered, 0)
  const columns = value.shape.at(-1) ?? 0
  const list = (name: 'offset' | 'scale', empty: number): readonly number[] => {
    const given = attribute(lowered, name, 'floats') ?? []
    if (![0, 1, columns].includes(given.length)) {
      fail(lowered, 'shape_mismatch', `has ${given.length} values of "${name}" for ${columns}`)
    }
    return Array.from(
      { length: columns },
      (_, column) => given[given.length === 1 ? 0 : column] ?? empty,
    )
  }
  const multipliers = list('scale', 1)
  const offsets = list('offset', 0).map((offset, column) => -offset * (multipliers[column] ?? 1))
  const layer = { kind: 'scale', input: value.tensor, multipliers, offsets, repeat: 1 } as const
  return [addLayer(lowered, layer, value.shape)]
}

function linearModel(lowered: LoweredNode, outputs: number): Value {
  const value = rowsOf(lowered)
  const transform = attribute(lowered, 'post_transform', 'text') ?? 'NONE'
  mustBe(lowered, { name: 'post_transform', value: transform, expected: 'NONE' })
  const weights = attribute(lowered, 'coefficients', 'floats') ?? []
  const biases = attribute(lowered, 'intercepts', 'floats') ?? weights.slice(0, 0)
  const columns = value.shape.at(-1) ?? 0
  const isWhole = weights.length === columns * outputs && [0, outputs].includes(biases.length)
  if (!isWhole || outputs < 1) {
    const given = `${weights.length} coefficients and ${biases.length} intercepts`
    fail(lowered, 'shape_mismatch', `has ${given} for ${columns} inputs and ${outputs} outputs`)
  }
  const row = Array.from({ length: outputs }, (_, output) => biases[output] ?? 0)
  return multiplied(lowered, value, { columns, outputs, weights, biases: row })
}

export const linearRegressor: Lower = (lowered) => [
  linearModel(lowered, attribute(lowered, 'targets', 'int') ?? 1),
]

/** Answers the label, then the scores. */
export const linearClassifier: Lower = (lowered) => {
  const labels = attribute(lowered, 'classlabels_ints', 'ints')
  if (labels === undefined || labels.length < 2) {
    return fail(lowered, 'unsupported_attribute', 'has no "classlabels_ints" of two or more')
  }
  const given = attribute(lowered, 'coefficients', 'floats')?.length ?? 0
  const columns = rowsOf(lowered).shape.at(-1) ?? 0
  if (given !== labels.length * columns) {
    fail(lowered, 'unsupported_attribute', 'has not as many rows of "coefficients" as labels')
  }
  const scores = linearModel(lowered, labels.length)
  return [labelled(lowered, scores, labels), scores]
}

/** The label of the first greatest score of each row. */
export function labelled(lowered: LoweredNode, scores: Value, labels: readonly number[]): Value {
  const rows = elementsOf(scores.shape) / labels.length
  const wrong = labels.find((label) => !(Math.abs(label) < 2 ** 31))
  if (wrong !== undefined) fail(lowered, 'unsupported_attribute', `has the label ${wrong}`)
  return addLayer(lowered, { kind: 'argMax', input: scores.tensor, rows, labels }, [rows])
}
