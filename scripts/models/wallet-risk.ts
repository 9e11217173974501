import { growTrees, runTrees } from './boosted-trees.ts'
import { openDraws } from './draws.ts'
import { accuracyAt, areaUnderCurve } from './example.ts'
import { fitLogistic, runLinear } from './linear-model.ts'
import { treesOnnx } from './onnx-graphs.ts'
import type { Judged, TrainedModel } from './trained-model.ts'
import { walletExamples, walletFeatures } from './wallet-risk-data.ts'

/** From what is known of a wallet to the likelihood, in percent, that it is risky. */
export function trainWalletRisk(): TrainedModel {
  const draws = openDraws(20_261_122)
  const examples = walletExamples(12_000, draws)
  const heldOut = walletExamples(8_000, draws)
  const terms = { trees: 24, depth: 3, learningRate: 0.25, leafMin: 40, thresholdsMax: 24 }
  const ensemble = growTrees(examples, terms)
  const linear = fitLogistic(
    examples.map(({ inputs, wanted }) => ({ inputs, wanted: wanted / 100 })),
    300,
  )
  const percentOf = (logOdds: number): number => 100 / (1 + Math.exp(-logOdds))
  return {
    name: 'wallet-risk',
    onnx: treesOnnx({
      name: 'wallet-risk',
      input: 'wallet',
      output: 'risk',
      features: walletFeatures.length,
      ensemble,
    }),
    run: (inputs) => runTrees(ensemble, inputs),
    heldOut,
    baselines: [
      {
        name: 'logistic regression',
        scores: heldOut.map(({ inputs }) => percentOf(runLinear(linear, inputs))),
      },
    ],
    measures: [
      { name: 'area under the ROC curve', of: (judged) => areaUnderCurve(judged.map(labelled)) },
      { name: 'right at 50 %', of: (judged) => accuracyAt(judged.map(labelled), 50) },
    ],
  }
}

const labelled = ({ score, wanted }: Judged): Judged => ({ score, wanted: wanted / 100 })
