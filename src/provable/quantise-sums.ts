/* Layers whose output is a sum of products: coefficients become integers, sums are rescaled. */
import type {
  AddLayer,
  ConvolutionLayer,
  DenseLayer,
  MultiplyLayer,
  ScaleLayer,
  SumPoolLayer,
} from './fixed-point-graph.ts'
import { refuse } from './model-fault.ts'
import {
  coefficientBits,
  type FixedTensor,
  fitSums,
  greatestOf,
  type LayerToQuantise,
  offBy,
  reachOf,
  roundedTimes,
} from './quantising.ts'

const only = ({ inputs: [input], layer }: LayerToQuantise): FixedTensor =>
  input ?? refuse('shape_mismatch', `layer ${JSON.stringify(layer.name)}`, 'reads nothing')

/** How large a tensor's values are, and how far they are off. */
type Operand = { readonly reach: number; readonly error: number }

const operandOf = (tensor: FixedTensor): Operand => ({
  reach: reachOf(tensor),
  error: tensor.error,
})

/** Σ ŵ x̂ − Σ w x = Σ ŵ (x̂ − x) + Σ (ŵ − w) x, and |x| ≤ |x̂| + the error of x̂. */
function linearError({ reach, error }: Operand, weights: Iterable<number>, bits: number): number {
  let sum = 0
  for (const weight of weights) {
    const off = offBy(weight, bits)
    sum += (Math.abs(weight) + off) * error + off * (reach + error)
  }
  return sum
}

/** Of the output that can be off most. */
function greatestError(count: number, errorAt: (output: number) => number): number {
  return greatestOf(Array.from({ length: count }, (_, output) => errorAt(output)))
}

export function quantiseWeights(at: LayerToQuantise<DenseLayer | ConvolutionLayer>): FixedTensor {
  const { layer } = at
  const input = only(at)
  const operand = operandOf(input)
  const { reach } = operand
  const width = layer.weights.length / layer.outputs
  const wanted = coefficientBits(at, { coefficients: layer.weights, terms: width, reach })
  const sumsScale = (bits: number): number => input.scaleBits + bits
  const { fixed, bits, rounding } = fitSums(at, atLeastForBiases(layer.biases, wanted), (tried) => {
    const scaleBits = sumsScale(tried)
    const weights = layer.weights.map((weight) => roundedTimes(weight, tried))
    const biases = layer.biases.map((bias) => roundedTimes(bias, scaleBits))
    const whole = { ...layer, input: input.tensor, weights, biases }
    return {
      layer: whole,
      scaleBits,
      rescaled: (shift, half) => ({ ...whole, biases: biases.map((bias) => bias + half), shift }),
    }
  })
  const error = greatestError(layer.outputs, (output) => {
    const weights = layer.weights.slice(output * width, (output + 1) * width)
    return linearError(operand, weights, bits) + offBy(layer.biases[output] ?? 0, sumsScale(bits))
  })
  return { ...fixed, error: error + rounding }
}

/** Weights that are integers need no bits, but the numbers that are added to them may. */
const atLeastForBiases = (offsets: readonly number[], bits: number): number =>
  bits === 0 && !offsets.every(Number.isInteger) ? 8 : bits

export function quantiseScale(at: LayerToQuantise<ScaleLayer>): FixedTensor {
  const { layer } = at
  const input = only(at)
  const { multipliers, offsets } = layer
  const operand = operandOf(input)
  const { reach } = operand
  const wanted = coefficientBits(at, { coefficients: multipliers, terms: 1, reach })
  const { fixed, bits, rounding } = fitSums(at, atLeastForBiases(offsets, wanted), (tried) => {
    const scaleBits = input.scaleBits + tried
    const rounded = offsets.map((offset) => roundedTimes(offset, scaleBits))
    const whole = {
      ...layer,
      input: input.tensor,
      multipliers: multipliers.map((multiplier) => roundedTimes(multiplier, tried)),
      offsets: rounded,
    }
    return {
      layer: whole,
      scaleBits,
      rescaled: (shift, half) => ({ ...whole, offsets: rounded.map((one) => one + half), shift }),
    }
  })
  const error = greatestError(multipliers.length, (place) => {
    const off = offBy(offsets[place] ?? 0, input.scaleBits + bits)
    return linearError(operand, [multipliers[place] ?? 0], bits) + off
  })
  return { ...fixed, error: error + rounding }
}

export function quantiseSumPool(at: LayerToQuantise<SumPoolLayer>): FixedTensor {
  const { layer } = at
  const input = only(at)
  const [height, width] = layer.window.kernel
  const terms = height * width
  const coefficients = layer.multipliers
  const operand = operandOf(input)
  const wanted = coefficientBits(at, { coefficients, terms, reach: operand.reach * terms })
  const { fixed, bits, rounding } = fitSums(at, wanted, (tried) => {
    const multipliers = coefficients.map((multiplier) => roundedTimes(multiplier, tried))
    const whole = { ...layer, input: input.tensor, multipliers, offset: 0 }
    const rescaled = (shift: number, half: number): SumPoolLayer => ({
      ...whole,
      offset: half,
      shift,
    })
    return { layer: whole, scaleBits: input.scaleBits + tried, rescaled }
  })
  const error = greatestError(coefficients.length, (place) => {
    const multiplier = coefficients[place] ?? 0
    return terms * linearError(operand, [multiplier], bits)
  })
  return { ...fixed, error: error + rounding }
}

/** Operands of different scales meet at the finer one. */
export function quantiseAdd(at: LayerToQuantise<AddLayer>): FixedTensor {
  const { layer } = at
  const [first = only(at), second = only(at)] = at.inputs
  const [ofFirst, ofSecond] = layer.multipliers
  const finest = Math.max(first.scaleBits, second.scaleBits)
  const reach = Math.max(reachOf(first), reachOf(second))
  const wanted = coefficientBits(at, { coefficients: layer.multipliers, terms: 2, reach })
  const { fixed, bits, rounding } = fitSums(at, wanted, (tried) => {
    const scaleBits = finest + tried
    const multipliers = [
      roundedTimes(ofFirst, tried) * 2 ** (finest - first.scaleBits),
      roundedTimes(ofSecond, tried) * 2 ** (finest - second.scaleBits),
    ] as const
    const inputs = [first.tensor, second.tensor] as const
    const whole = { ...layer, inputs, multipliers, offset: 0 }
    const rescaled = (shift: number, half: number): AddLayer => ({ ...whole, offset: half, shift })
    return { layer: whole, scaleBits, rescaled }
  })
  const error =
    linearError(operandOf(first), [ofFirst], bits) +
    linearError(operandOf(second), [ofSecond], bits)
  return { ...fixed, error: error + rounding }
}

export function quantiseMultiply(at: LayerToQuantise<MultiplyLayer>): FixedTensor {
  const { layer } = at
  const [first = only(at), second = only(at)] = at.inputs
  const inputs = [first.tensor, second.tensor] as const
  const { fixed, rounding } = fitSums(at, 0, () => {
    const whole = { ...layer, inputs, offset: 0 }
    const scaleBits = first.scaleBits + second.scaleBits
    const rescaled = (shift: number, half: number): MultiplyLayer => ({
      ...whole,
      offset: half,
      shift,
    })
    return { layer: whole, scaleBits, rescaled }
  })
  const product =
    reachOf(first) * second.error + reachOf(second) * first.error + first.error * second.error
  return { ...fixed, error: product + rounding }
}
