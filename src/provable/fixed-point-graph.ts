/*
 * A model as whole numbers: what is served (evaluate.ts), what circuits are written from, and what JSON can hold. Specification
 * of the arithmetic: docs/provable-models.md.
 *
 * A tensor is a flat list of integers in row-major order; an integer `v` of a tensor with `scaleBits` s stands for v / 2^s.
 * Tensors are numbered: the inputs first, in their order, then the output of each layer. A layer reads tensors of lower numbers
 * only. "⌊a / 2^shift⌋" rounds towards minus infinity, for negatives too; whoever wants the nearest puts 2^(shift−1) into the
 * offset, as the quantiser does. Batches have one member, which no shape shows.
 */

export type FixedPointGraph = {
  readonly object: 'vouch.fixed-point-graph'
  readonly version: 1
  readonly name: string
  /** The model's input values are those of all inputs behind each other. */
  readonly inputs: readonly InputPort[]
  readonly layers: readonly Layer[]
  /** The model's output values are those of all outputs behind each other; each is an int32, whatever the input. */
  readonly outputs: readonly OutputPort[]
}

export type InputPort = {
  readonly name: string
  /** As callers write it; the number of values is the product. */
  readonly shape: readonly number[]
  readonly scaleBits: number
  /**
   * The least and the greatest value of each element, within int32, or one that holds for all. What lies outside is refused by the
   * evaluator and must have no proof: the bounds of everything behind rest on it.
   */
  readonly minima: readonly number[]
  readonly maxima: readonly number[]
}

export type OutputPort = {
  readonly name: string
  readonly shape: readonly number[]
  readonly scaleBits: number
  readonly tensor: number
}

export type Layer =
  | DenseLayer
  | ConvolutionLayer
  | ScaleLayer
  | AddLayer
  | MultiplyLayer
  | ClipLayer
  | LeakyReluLayer
  | MaxPoolLayer
  | SumPoolLayer
  | ArrangeLayer
  | TreeEnsembleLayer
  | ArgMaxLayer

type NamedLayer = {
  /** Of the node that it was made from, for whoever reads a report or a circuit. */
  readonly name: string
  /** Of the layer's output. */
  readonly scaleBits: number
}

/** Of each row r and output o: y[r·outputs+o] = ⌊(biases[o] + Σ_i weights[o·columns+i] · x[r·columns+i]) / 2^shift⌋. */
export type DenseLayer = NamedLayer & {
  readonly kind: 'dense'
  readonly input: number
  readonly rows: number
  /** Values of one row of the input. */
  readonly columns: number
  readonly outputs: number
  readonly weights: readonly number[]
  readonly biases: readonly number[]
  readonly shift: number
}

/**
 * Where the windows of a convolution or a pool stand over channels × height × width (window.ts counts them). A place in the padding
 * is zero to a convolution and not there to a pool.
 */
export type Window = {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly kernel: readonly [height: number, width: number]
  readonly strides: readonly [height: number, width: number]
  readonly dilations: readonly [height: number, width: number]
  readonly padding: readonly [top: number, left: number, bottom: number, right: number]
}

/**
 * Output channel o belongs to group g = ⌊o · groups / outputs⌋ and reads the channels / groups input channels of that group:
 * y[o, place] = ⌊(biases[o] + Σ_{c, k} weights[(o · channels/groups + c) · kernel + k] · x[g · channels/groups + c, place, k]) / 2^shift⌋
 * where k runs over the kernel in row-major order.
 */
export type ConvolutionLayer = NamedLayer & {
  readonly kind: 'convolution'
  readonly input: number
  readonly window: Window
  readonly groups: number
  /** Channels of the output. */
  readonly outputs: number
  readonly weights: readonly number[]
  readonly biases: readonly number[]
  readonly shift: number
}

/** y[e] = ⌊(x[e] · multipliers[p] + offsets[p]) / 2^shift⌋ with p = ⌊e / repeat⌋ mod multipliers.length. */
export type ScaleLayer = NamedLayer & {
  readonly kind: 'scale'
  readonly input: number
  readonly multipliers: readonly number[]
  readonly offsets: readonly number[]
  readonly repeat: number
  readonly shift: number
}

/** y[e] = ⌊(a[e] · multipliers[0] + b[e] · multipliers[1] + offset) / 2^shift⌋. */
export type AddLayer = NamedLayer & {
  readonly kind: 'add'
  readonly inputs: readonly [number, number]
  readonly multipliers: readonly [number, number]
  readonly offset: number
  readonly shift: number
}

/** y[e] = ⌊(a[e] · b[e] + offset) / 2^shift⌋. */
export type MultiplyLayer = NamedLayer & {
  readonly kind: 'multiply'
  readonly inputs: readonly [number, number]
  readonly offset: number
  readonly shift: number
}

/** y[e] = min(max(x[e], atLeast), atMost); null bounds nothing. A ReLU is `atLeast` 0. */
export type ClipLayer = NamedLayer & {
  readonly kind: 'clip'
  readonly input: number
  readonly atLeast: number | null
  readonly atMost: number | null
}

/** y[e] = x[e] where x[e] ≥ 0, else ⌊(x[e] · slopes[p] + offset) / 2^shift⌋ with p as of a scale layer. */
export type LeakyReluLayer = NamedLayer & {
  readonly kind: 'leakyRelu'
  readonly input: number
  readonly slopes: readonly number[]
  readonly repeat: number
  readonly offset: number
  readonly shift: number
}

/** The greatest value of each window, channel by channel. No window stands in the padding alone. */
export type MaxPoolLayer = NamedLayer & {
  readonly kind: 'maxPool'
  readonly input: number
  readonly window: Window
}

/**
 * y[c, place] = ⌊(multipliers[place mod multipliers.length] · Σ_k x[c, place, k] + offset) / 2^shift⌋: an average has a multiplier of
 * 2^n divided by the values of the window.
 */
export type SumPoolLayer = NamedLayer & {
  readonly kind: 'sumPool'
  readonly input: number
  readonly window: Window
  /** One for all windows, or one for each place of the output. */
  readonly multipliers: readonly number[]
  readonly offset: number
  readonly shift: number
}

/** y[e] = (all inputs behind each other)[indices[e]], and 0 where that is −1: transposes, slices, concatenations, padding. */
export type ArrangeLayer = NamedLayer & {
  readonly kind: 'arrange'
  readonly inputs: readonly number[]
  readonly indices: readonly number[]
}

/** y[t] = offsets[t] + Σ over the trees of the leaf that x leads to, its value of target t. */
export type TreeEnsembleLayer = NamedLayer & {
  readonly kind: 'treeEnsemble'
  readonly input: number
  /** Targets. */
  readonly outputs: number
  readonly offsets: readonly number[]
  readonly trees: readonly Tree[]
}

export type Tree = {
  /** The first is the root; a tree without branches is its first leaf. Children stand behind their parent. */
  readonly branches: readonly Branch[]
  /** Each has `outputs` values, at the scale of the layer's output. */
  readonly leaves: readonly (readonly number[])[]
}

/** Leads to `atMost` where x[feature] ≤ threshold, else to `above`: a branch by its number n, a leaf by −1 − n. */
export type Branch = {
  readonly feature: number
  readonly threshold: number
  readonly atMost: number
  readonly above: number
}

/** Of each row r: y[r] = labels[i] for the first i whose x[r · labels.length + i] is the greatest of the row. */
export type ArgMaxLayer = NamedLayer & {
  readonly kind: 'argMax'
  readonly input: number
  readonly rows: number
  readonly labels: readonly number[]
}

/** The tensors that a layer reads, in their order. */
export const inputsOf = (layer: Layer): readonly number[] =>
  'inputs' in layer ? layer.inputs : [layer.input]

export const elementsOf = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1)
