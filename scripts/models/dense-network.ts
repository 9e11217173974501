import { type Draws, shuffled } from './draws.ts'
import type { Example } from './example.ts'

/** Layers of weights; a ReLU stands behind each but the last. */
export type DenseNetwork = { readonly layers: readonly DenseWeights[] }

/** y[o] = biases[o] + Σ_i weights[o · inputs + i] · x[i]. */
export type DenseWeights = {
  readonly inputs: number
  readonly outputs: number
  readonly weights: Float64Array
  readonly biases: Float64Array
}

export type TrainingTerms = {
  /** Values of the input, of each hidden layer and of the output. */
  readonly widths: readonly number[]
  readonly epochs: number
  readonly batch: number
  readonly learningRate: number
  /** Pulls every weight towards zero, each step by this share of the learning rate. */
  readonly decay: number
  /** What is made small: the squared error, or the surprise at a label of 0 or 1 whose log-odds the network gives. */
  readonly loss: 'squared' | 'logistic'
}

export function runNetwork({ layers }: DenseNetwork, inputs: readonly number[]): number {
  let values: Float64Array = Float64Array.from(inputs)
  for (const [at, layer] of layers.entries())
    values = forward(layer, values, at < layers.length - 1)
  return values[0] ?? Number.NaN
}

/** Stochastic gradient descent by Adam (Kingma and Ba 2015), in one order of additions: the same bits for the same draws. */
export function trainNetwork(
  examples: readonly Example[],
  terms: TrainingTerms,
  draws: Draws,
): DenseNetwork {
  const network = { layers: startingLayers(terms.widths, draws) }
  const slots = network.layers.map((layer) => ({
    weights: openAdam(layer.weights),
    biases: openAdam(layer.biases),
  }))
  const steps = terms.epochs * Math.ceil(examples.length / terms.batch)
  let step = 0
  for (let epoch = 0; epoch < terms.epochs; epoch += 1) {
    const order = shuffled(examples, draws)
    for (let from = 0; from < order.length; from += terms.batch) {
      const batch = order.slice(from, from + terms.batch)
      const slopes = network.layers.map(emptyLike)
      for (const example of batch) addSlopes(network, example, terms.loss, slopes)
      // The rate falls to nothing along a cosine, so that the last steps settle.
      const rate = (terms.learningRate * (1 + Math.cos((Math.PI * step) / steps))) / 2
      step += 1
      for (const [at, slope] of slopes.entries()) {
        const change = { rate, step, members: batch.length, decay: terms.decay }
        slots[at]?.weights(slope.weights, change)
        slots[at]?.biases(slope.biases, { ...change, decay: 0 })
      }
    }
  }
  return network
}

/** Normal weights of variance 2 / inputs (He et al. 2015). */
function startingLayers(widths: readonly number[], draws: Draws): DenseWeights[] {
  return widths.slice(1).map((outputs, at) => {
    const inputs = widths[at] ?? 0
    const deviation = Math.sqrt(2 / inputs)
    const weights = Float64Array.from(
      { length: inputs * outputs },
      () => deviation * draws.normal(),
    )
    return { inputs, outputs, weights, biases: new Float64Array(outputs) }
  })
}

const emptyLike = ({ inputs, outputs }: DenseWeights): DenseWeights => ({
  inputs,
  outputs,
  weights: new Float64Array(inputs * outputs),
  biases: new Float64Array(outputs),
})

function forward(layer: DenseWeights, values: Float64Array, isHidden: boolean): Float64Array {
  return layer.biases.map((bias, output) => {
    let sum = bias
    for (let input = 0; input < layer.inputs; input += 1) {
      sum += (layer.weights[output * layer.inputs + input] ?? 0) * (values[input] ?? 0)
    }
    return isHidden && sum < 0 ? 0 : sum
  })
}

/** Adds the slope of one example's loss by each weight. */
function addSlopes(
  { layers }: DenseNetwork,
  { inputs, wanted }: Example,
  loss: TrainingTerms['loss'],
  slopes: readonly DenseWeights[],
): void {
  const values: Float64Array[] = [Float64Array.from(inputs)]
  for (const [at, layer] of layers.entries()) {
    values.push(forward(layer, values[at] ?? new Float64Array(), at < layers.length - 1))
  }
  const found = values.at(-1)?.[0] ?? Number.NaN
  const guess = loss === 'squared' ? found : 1 / (1 + Math.exp(-found))
  let errors: Float64Array = Float64Array.of(guess - wanted)
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const [layer, slope, read] = [layers[at], slopes[at], values[at]]
    if (layer === undefined || slope === undefined || read === undefined) continue
    const before = addLayerSlopes(layer, slope, { read, errors })
    // What a ReLU held back had no part in the result. The input itself has no ReLU, and nobody before it.
    errors = before.map((error, input) => ((read[input] ?? 0) > 0 ? error : 0))
  }
}

/** Gives the errors of what the layer read. */
function addLayerSlopes(
  { inputs, weights }: DenseWeights,
  slope: DenseWeights,
  { read, errors }: { readonly read: Float64Array; readonly errors: Float64Array },
): Float64Array {
  const before = new Float64Array(inputs)
  for (const [output, error] of errors.entries()) {
    if (error === 0) continue
    slope.biases[output] = (slope.biases[output] ?? 0) + error
    const row = output * inputs
    for (let input = 0; input < inputs; input += 1) {
      slope.weights[row + input] = (slope.weights[row + input] ?? 0) + error * (read[input] ?? 0)
      before[input] = (before[input] ?? 0) + error * (weights[row + input] ?? 0)
    }
  }
  return before
}

type Change = {
  readonly rate: number
  /** From 1. */
  readonly step: number
  /** Examples that the slopes are the sum of. */
  readonly members: number
  readonly decay: number
}

function openAdam(weights: Float64Array): (slopes: Float64Array, change: Change) => void {
  const means = new Float64Array(weights.length)
  const squares = new Float64Array(weights.length)
  return (slopes, { rate, step, members, decay }) => {
    for (const [at, sum] of slopes.entries()) {
      const slope = sum / members
      const mean = 0.9 * (means[at] ?? 0) + 0.1 * slope
      const square = 0.999 * (squares[at] ?? 0) + 0.001 * slope * slope
      means[at] = mean
      squares[at] = square
      const towards = mean / (1 - 0.9 ** step) / (Math.sqrt(square / (1 - 0.999 ** step)) + 1e-8)
      const weight = weights[at] ?? 0
      weights[at] = weight - rate * (towards + decay * weight)
    }
  }
}
