import { runNetwork, trainNetwork } from './dense-network.ts'
import { openDraws } from './draws.ts'
import { type Example, explainedShare, rootMeanSquare } from './example.ts'
import { denseOnnx } from './onnx-graphs.ts'
import type { TrainedModel } from './trained-model.ts'
import { returnsRead, volatilityExamples, weightedVolatility } from './volatility-data.ts'

/** From 16 returns, in percent, to the root mean square of the next 8, in percent. */
export function trainVolatility(): TrainedModel {
  const draws = openDraws(20_261_122)
  const examples = volatilityExamples(30_000, draws)
  const heldOut = volatilityExamples(8_000, draws)
  const terms = { widths: [returnsRead, 24, 12, 1], epochs: 20, batch: 64, learningRate: 3e-3 }
  const network = trainNetwork(examples, { ...terms, decay: 1e-4, loss: 'squared' }, draws)
  const fitted = fitLine(examples)
  return {
    name: 'volatility',
    onnx: denseOnnx({ name: 'volatility', input: 'returns', output: 'volatility', network }),
    run: (inputs) => runNetwork(network, inputs),
    heldOut,
    baselines: [
      {
        name: 'RiskMetrics (decay 0.94) with a line fitted through it',
        scores: heldOut.map(({ inputs }) => fitted(weightedVolatility(inputs))),
      },
      {
        name: 'RiskMetrics (decay 0.94)',
        scores: heldOut.map(({ inputs }) => weightedVolatility(inputs)),
      },
    ],
    measures: [
      {
        name: 'R²',
        of: (judged) =>
          explainedShare(judged.map(({ score, wanted }) => ({ found: score, wanted }))),
      },
      {
        name: 'RMSE, percentage points',
        of: (judged) => rootMeanSquare(judged.map(({ score, wanted }) => score - wanted)),
      },
    ],
  }
}

/** Least squares of what is wanted on RiskMetrics' estimate. */
function fitLine(examples: readonly Example[]): (estimate: number) => number {
  const points = examples.map(({ inputs, wanted }) => ({
    x: weightedVolatility(inputs),
    y: wanted,
  }))
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length
  const together = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  const slope = together / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
  return (estimate) => meanY + slope * (estimate - meanX)
}
